"""What the report of traces says in English and in Spanish; Mexico writes numbers as the United States do."""

from enum import StrEnum
from typing import Final


class Language(StrEnum):
    """Languages of the report."""

    EN = "en"
    ES = "es"


TEXTS: Final[dict[Language, dict[str, str]]] = {
    Language.EN: {
        "lang": "en",
        "title": "Firearm traces: where guns come from",
        "restricted": "Trace data. Their use and disclosure are restricted by law; show this only to whom counsel "
        "says.",
        "scope": "{submitted} trace requests, recoveries of {years}, {mode}; {multiple_sales} reports of multiple "
        "sales.",
        "us": "Traced to the United States: {of_traced} of the firearms whose country was found, {of_submitted} of all "
        "submitted. The first number says nothing of firearms that were not submitted or not traced.",
        "sample": "Traces are no sample of all firearms: who asks for a trace, of what, decides. Brackets are 95 % "
        "intervals of counting alone.",
        "suppressed": "Counts of 1 to {below} are not told alone; they stand together as others.",
        "few": "fewer than {small}",
        "results": "How far traces came",
        "time_to_crime": "Time from first retail purchase to recovery",
        "times": "Median {median} days, mean {mean} years.",
        "firearm_categories": "Kinds of firearms",
        "firearm_makes": "Manufacturers",
        "firearm_calibers": "Calibres",
        "source_states": "States that supply most",
        "source_cities": "Cities that supply most",
        "recovery_regions": "Where they were recovered",
        "map": "Map of the cities that supply most",
        "map_description": "{placed} of {shown} cities at their place; the area of a dot is the share of the city, "
        "squares are ports of entry.",
        "description": "Shares of traced firearms with their intervals, the largest first.",
        "axis": "share",
        "name": "which",
        "count": "firearms",
        "share": "share [95 %]",
        "others": "others ({kinds})",
        "unknown": "not stated",
        "under": "under {to} days",
        "between": "{first} to {last} days",
        "from": "{first} days and more",
        "mode_OPERATIONAL": "real",
        "mode_SIMULATED": "simulated",
        "mode_TEST": "of a test",
        "mode_EXERCISE": "of an exercise",
        "PURCHASER_FOUND": "to the first purchaser",
        "US_SOURCE_ONLY": "to the United States only",
        "OTHER_SOURCE": "to another country",
        "NOT_TRACED": "not traced",
        "PISTOL": "pistol",
        "REVOLVER": "revolver",
        "RIFLE": "rifle",
        "SHOTGUN": "shotgun",
        "OTHER": "other",
    },
    Language.ES: {
        "lang": "es-MX",
        "title": "Rastreo de armas de fuego: de dónde vienen",
        "restricted": "Datos de rastreo. La ley restringe su uso y divulgación; muéstrelos solo a quien indique el "
        "asesor jurídico.",
        "scope": "{submitted} solicitudes de rastreo, aseguramientos de {years}, {mode}; {multiple_sales} reportes de "
        "ventas múltiples.",
        "us": "Rastreadas hasta los Estados Unidos: {of_traced} de las armas cuyo país se encontró, {of_submitted} de "
        "todas las presentadas. El primer número nada dice de las armas no presentadas o no rastreadas.",
        "sample": "Los rastreos no son una muestra de todas las armas: depende de quién solicita el rastreo y de qué "
        "arma. Los corchetes son intervalos de 95 % del conteo únicamente.",
        "suppressed": "Los conteos de 1 a {below} no se muestran solos; aparecen juntos como otros.",
        "few": "menos de {small}",
        "results": "Hasta dónde llegaron los rastreos",
        "time_to_crime": "Tiempo desde la primera venta al público hasta el aseguramiento",
        "times": "Mediana {median} días, promedio {mean} años.",
        "firearm_categories": "Tipos de arma",
        "firearm_makes": "Fabricantes",
        "firearm_calibers": "Calibres",
        "source_states": "Estados que más suministran",
        "source_cities": "Ciudades que más suministran",
        "recovery_regions": "Dónde se aseguraron",
        "map": "Mapa de las ciudades que más suministran",
        "map_description": "{placed} de {shown} ciudades en su lugar; el área de un punto es la proporción de la "
        "ciudad, los cuadros son puertos de entrada.",
        "description": "Proporción de las armas rastreadas con sus intervalos, de mayor a menor.",
        "axis": "proporción",
        "name": "cuál",
        "count": "armas",
        "share": "proporción [95 %]",
        "others": "otros ({kinds})",
        "unknown": "no indicado",
        "under": "menos de {to} días",
        "between": "{first} a {last} días",
        "from": "{first} días y más",
        "mode_OPERATIONAL": "reales",
        "mode_SIMULATED": "simuladas",
        "mode_TEST": "de una prueba",
        "mode_EXERCISE": "de un ejercicio",
        "PURCHASER_FOUND": "hasta el primer comprador",
        "US_SOURCE_ONLY": "solo hasta los Estados Unidos",
        "OTHER_SOURCE": "hasta otro país",
        "NOT_TRACED": "no rastreadas",
        "PISTOL": "pistola",
        "REVOLVER": "revólver",
        "RIFLE": "fusil",
        "SHOTGUN": "escopeta",
        "OTHER": "otra",
    },
}
