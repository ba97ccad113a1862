"""Three people at the pages: through a real nginx with TLS, as the README has it, in a real browser."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casefleet_cli.desk import passwords as password_desk
from casefleet_cli.store import database
from tests.chromium import CHROMIUM, DRIVER, FLAGS, Service, webdriver
from tests.e2e import installed
from tests.e2e.test_browser import WebDriverWait, need_browser
from tests.firm import created
from tests.web.conftest import ADA, BEN, FOREIGN_MARKER, GUEST, HELD_MARKER, fill

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
NAME = "pages.firm.example"
PASSWORD = "correct horse battery staple"
ADDRESS = {ADA: "ada@firm.example", BEN: "ben@firm.example", GUEST: "gus@firm.example"}
"""Ada is an admin here, Ben a lawyer, Gus a guest."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Pages:
    """A server behind nginx; `address` is where people go."""

    def __init__(self, folder: Path, path: str) -> None:
        self.path = path
        self.port, self.behind = free_port(), free_port()
        self.address = f"https://{NAME}:{self.port}"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}", "-keyout",
             "privkey.pem", "-out", "fullchain.pem"], cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        (block,) = re.findall(r"^```nginx\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
        for there, here in (
            ("listen 443", f"listen 127.0.0.1:{self.port}"), ("/etc/ssl/pages.firm.example", str(folder)),
            ("127.0.0.1:8001", f"127.0.0.1:{self.behind}"),
        ):  # fmt: skip
            assert there in block
            block = block.replace(there, here)
        temporary = "".join(
            f"{kind}_temp_path {folder};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"user root;\ndaemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temporary}{block}}}\n"
        )
        self.folder = folder
        self.server: subprocess.Popen[str] | None = None

    def start(self, *words: str) -> str:
        """Start the server anew, and give what it says."""
        self.stop()
        self.server = subprocess.Popen(
            [sys.executable, "-m", "casefleet_cli", "--db", self.path, "serve", "--port", str(self.behind), "--public-name",
             NAME, *words], stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.server.stdout
        said = ""
        while "Ctrl-C" not in said:
            line = self.server.stdout.readline()
            assert line, said
            said += line
        return said

    def stop(self) -> None:
        if self.server is not None:
            self.server.send_signal(signal.SIGINT)
            self.server.communicate(timeout=20)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    installed.need("nginx", "openssl")
    need_browser()
    folder = tmp_path_factory.mktemp("pages")
    path = str(folder / "casefleet.db")
    with contextlib.closing(created(path)) as connection:
        with database.transaction(connection):
            fill(connection)
            connection.execute("UPDATE users SET role = 'admin' WHERE id = ?", (ADA,))
            connection.executemany(
                "INSERT OR IGNORE INTO sender_addresses (user_id, address) VALUES (?, ?)", list(ADDRESS.items())
            )
        for user in ADDRESS:
            password_desk.put(connection, user, PASSWORD)
    made = Pages(folder, path)
    nginx = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        made.start("--passwords")
        yield made
    finally:
        made.stop()
        nginx.terminate()
        nginx.wait(20)


@pytest.fixture(scope="module")
def driver(pages: Pages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS[:-1], f"--host-resolver-rules=MAP {NAME} 127.0.0.1", "--ignore-certificate-errors"):
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('browser') / 'profile'}")
    started = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield started
    finally:
        started.quit()


@pytest.fixture(autouse=True)
def nobody_is_in(driver: Any, pages: Pages) -> None:
    driver.get(f"{pages.address}/style.css")
    driver.delete_all_cookies()


def sign_in(driver: Any, pages: Pages, user: int, *, at: str = "/", password: str = PASSWORD) -> None:
    driver.get(pages.address + at)
    driver.find_element("id", "name").send_keys(ADDRESS[user])
    driver.find_element("id", "password").send_keys(password)
    button = driver.find_element("css selector", "form.signin button")
    button.click()
    WebDriverWait(driver, 20).until(lambda _: _is_gone(button))


def _is_gone(element: Any) -> bool:
    try:
        element.is_enabled()
    except Exception:
        return True
    return False


SEES = {ADA: (True, True), BEN: (True, True), GUEST: (False, False)}
"""Who sees mail that is held for Ben, and the firm's other case."""


@pytest.mark.parametrize("user", SEES)
def test_each_signs_in_and_sees_the_own(pages: Pages, driver: Any, user: int) -> None:
    sign_in(driver, pages, user, at="/cases")
    assert driver.current_url == f"{pages.address}/cases"
    assert (FOREIGN_MARKER in driver.page_source) == SEES[user][1]
    driver.get(f"{pages.address}/emails/3")
    assert (HELD_MARKER in driver.page_source) == SEES[user][0]
    cookie = driver.get_cookie("casefleet_session")
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")


def test_a_wrong_password_says_so_and_the_right_one_goes_on(pages: Pages, driver: Any) -> None:
    sign_in(driver, pages, BEN, at="/cases/1", password="wrong")
    assert "No user has this name and password" in driver.page_source
    sign_in(driver, pages, BEN, at="/cases/1")
    assert driver.current_url == f"{pages.address}/cases/1"


def test_a_visit_survives_a_restart_and_ends_by_signing_out(pages: Pages, driver: Any) -> None:
    sign_in(driver, pages, GUEST)
    pages.start("--passwords")
    driver.get(f"{pages.address}/cases/1")
    assert "Gus Guest" in driver.page_source
    driver.find_element("css selector", "form.who button").click()
    driver.get(f"{pages.address}/cases/1")
    assert driver.find_element("id", "password")


def test_signin_lets_in_one_user_once(pages: Pages, driver: Any) -> None:
    done = subprocess.run([sys.executable, "-m", "casefleet_cli", "--db", pages.path, "signin", "Gus Guest"],
                          capture_output=True, text=True)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"https://{NAME}/login?token=")
    way_in = done.stdout.strip().replace(f"https://{NAME}", pages.address)
    driver.get(way_in)
    assert "Gus Guest" in driver.page_source
    driver.delete_all_cookies()
    driver.get(way_in)
    assert "used already" in driver.page_source
