import subprocess
import sys


def test_the_package_imports_nothing_of_the_portal():
    program = "import shortlinks, sys; print(*{name.partition('.')[0] for name in sys.modules})"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert "shortlinks" in loaded
    assert not {"portal", "config", "flask", "werkzeug"} & set(loaded)
