"""Files, functions and argument lists stay small enough to read."""

from tests.house.tree import modules

FILE, TEST_FILE, WIRING, FUNCTION, ARGUMENTS, LINE = 400, 500, 80, 70, 5, 100


def test_no_file_is_too_long() -> None:
    long = [m.name for m in modules() if len(m.lines) > FILE]
    long += [m.name for m in modules("tests") if len(m.lines) > TEST_FILE]
    long += [
        m.name for m in modules("services") if m.path.name == "wiring.py" and len(m.lines) > WIRING
    ]
    assert long == []


def test_no_function_is_too_long() -> None:
    long = [
        f"{m.name}:{f.lineno} {f.name}"
        for m in modules()
        for f in m.functions()
        if (f.end_lineno or 0) - f.lineno + 1 > FUNCTION
    ]
    assert long == []


def test_no_function_takes_too_many_positional_arguments() -> None:
    many = []
    for module in modules():
        for function in module.functions():
            names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
            count = len([name for name in names if name not in {"self", "cls"}])
            if count > ARGUMENTS:
                many.append(f"{module.name}:{function.lineno} {function.name}")
    assert many == []
