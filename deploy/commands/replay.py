"""`border replay`: the stages over captured or simulated logs, without Kafka."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from deploy.captured import read_captured
from deploy.errors import UserError
from deploy.local.state import prepare_directory
from deploy.new_file import check_new_file, new_file
from deploy.options import Flag
from deploy.settings import Settings, load_settings
from deploy.stages import build_stages, make_secret
from schemas.container import ContainerWriter, LogRecord
from schemas.layout import is_canary_lane
from schemas.records import Alert, Selection
from schemas.topics import LANE_DECISIONS
from streams.core.replay import Chain, compare

PROGRESS_EVERY: Final = 500


def replay(
    *files: Path,
    prove: Flag = False,
    out: Path | None = None,
    rule_set_file: str | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Fold captured or simulated readings offline; with --prove, check that Kafka holds what the folds give.

    Without --prove the lane and rail readings in the files go through all stages, and --out keeps what they write. With
    --prove each stage is folded over its own captured input, and its outputs are compared byte for byte with what was
    captured: exit status 1 if anything is lost, twice or wrong, or nothing was expected. Draws need the secret of the
    platform captured.

    Examples:

        border simulate matamoros-2009 --days 0.1 --out day.avro && border replay day.avro --out decided.avro
        border capture all.avro && border replay all.avro --prove --json

    Parameters
    ----------
    files
        Avro container files from `border capture` or `border simulate`, in order.
    prove
        compare instead of folding the chain.
    out
        container file for what the stages write, `.part` behind its name until it is whole; an existing one is not
        overwritten.
    rule_set_file
        rule set (TOML) to score with.
    state_directory
        where the platform that was captured keeps its secret.
    json
        print one line of JSON.
    """
    if not files:
        raise UserError("no file given; make one with `border capture FILE` or `border simulate SCENARIO --out FILE`")
    if prove and out:
        raise UserError("--prove writes nothing; give --out without it")
    if out:
        check_new_file(out)
    settings = load_settings(rule_set_file=rule_set_file, state_directory=state_directory)
    if not settings.random_secret_path.exists():
        if prove:
            raise UserError(
                f"there is no secret at {settings.random_secret_path}; draws can only be proved with the secret of the "
                "platform that was captured (--state-directory, or the setting random_secret_file)"
            )
        prepare_directory(settings.state_path)
        make_secret(settings.random_secret_path)
    try:
        result = proved(files, settings, json) if prove else folded(files, settings, out, json)
    except OSError as error:
        raise UserError(f"{error.filename or out}: {error.strerror or error}") from error
    except ValueError as impossible:
        raise UserError(str(impossible)) from impossible
    if json:
        print(orjson.dumps(result).decode())
    else:
        show(result)
    return 0 if result.get("good", True) else 1


def proved(files: Iterable[Path], settings: Settings, quiet: bool) -> dict[str, Any]:
    """Compare every stage's outputs with its fold."""
    proof = compare(build_stages(settings), records_of(files, quiet))
    fields = ("expected", "lost", "duplicates", "wrong", "examples")
    return {
        "topics": {name: {field: getattr(c, field) for field in fields} for name, c in proof.topics.items()},
        "dead_letters": {replay.stage.name: dict(replay.dead_letters) for replay in proof.replays},
        "good": proof.good,
    }


def folded(files: Iterable[Path], settings: Settings, out: Path | None, quiet: bool) -> dict[str, Any]:
    """Send the lane and rail readings of the files through all stages."""
    chain, written, lights, reasons = Chain(build_stages(settings)), Counter[str](), Counter[str](), Counter[str]()
    with ExitStack() as stack:
        writer = stack.enter_context(ContainerWriter(stack.enter_context(new_file(out)))) if out else None
        for record in records_of(files, quiet):
            if record.topic not in chain.first_inputs:
                continue
            for output in chain.advance(record):
                written[type(output.value).__name__] += 1
                if isinstance(output.value, Selection) and output.topic == LANE_DECISIONS.name:
                    if not is_canary_lane(output.value.lane_id):
                        lights[output.value.light.value] += 1
                        reasons[output.value.referral_reason.value] += 1
                elif isinstance(output.value, Alert):
                    reasons[f"alert {output.value.kind.value}"] += 1
                if writer:
                    writer.write(output)
        chain.finish()
    refused = sum((replay.dead_letters for replay in chain.replays), Counter[str]())
    return {"written": dict(written), "lights": dict(lights), "reasons": dict(reasons), "dead_letters": dict(refused)}


def records_of(files: Iterable[Path], quiet: bool) -> Iterator[LogRecord]:
    """Records of all files in order, with a counter on a terminal."""
    columns = (SpinnerColumn(), TextColumn("replaying"), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress:
        task = progress.add_task("", total=None)
        for file in files:
            for number, record in enumerate(read_captured(file)):
                if number % PROGRESS_EVERY == 0:
                    progress.advance(task, PROGRESS_EVERY)
                yield record


def show(result: dict[str, Any]) -> None:
    """Print a result as text."""
    for name, part in result.items():
        if isinstance(part, dict):
            print(name.replace("_", " "))
            for key, value in part.items():
                shown = (
                    value if not isinstance(value, dict) else ", ".join(f"{k} {v}" for k, v in value.items() if v != [])
                )
                print(f"  {key}: {shown}")
        else:
            print(f"{name}: {part}")
