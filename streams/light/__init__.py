"""The light server: tells lanes' controllers which light to show, and writes down what it told.

    lane.decisions ─► feed ─► LightBoard ◄─ service ◄─ TCP lines, HTTP ◄─ controllers
                                              │
                                              └► journal (a file, before the answer) ─► writer ─► lane.decisions

Read `service.py` first: what happens between a question and its answer.
"""
