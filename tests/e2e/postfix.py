"""A private Postfix: a folder, a loopback port, no systemd; nothing of it touches a Postfix of the machine."""

from __future__ import annotations

import atexit
import functools
import os
import re
import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
multi_instance_enable = no
syslog_name = casefleet-test
maillog_file = /dev/stdout
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = mx.firm.example
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
local_transport = error:no local delivery here
default_transport = discard:
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
biff = no
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
transport_retry_time = 1s
in_flow_delay = 0
"""
"""What every mail server has; the lines of `casefleet postfix` follow. What was deferred is tried again every second."""

MASTER_CF = """\
127.0.0.1:{port} inet n - y - - smtpd
pickup    unix n - n 60    1 pickup
cleanup   unix n - n -     0 cleanup
qmgr      unix n - n 1     1 qmgr
rewrite   unix - - n -     - trivial-rewrite
bounce    unix - - n -     0 bounce
defer     unix - - n -     0 bounce
trace     unix - - n -     0 bounce
verify    unix - - n -     1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n -     - proxymap
smtp      unix - - n -     - smtp
relay     unix - - n -     - smtp
lmtp      unix - - n -     - lmtp
showq     unix n - n -     - showq
error     unix - - n -     - error
retry     unix - - n -     - error
discard   unix - - n -     - discard
anvil     unix - - n -     1 anvil
scache    unix - - n -     1 scache
postlog   unix-dgram n - n - 1 postlogd
"""

_QUEUED = re.compile(rb"queued as (\w+)")
_STATUS = re.compile(r"(\w+): to=<([^>]*)>.*status=(\w+) \((.*)\)$")


class Outcome(tuple[str, str, str]):
    """What Postfix did with one recipient: address, status, and the text that a sender might be quoted."""

    @property
    def status(self) -> str:
        return self[1]

    @property
    def text(self) -> str:
        return self[2]


def printed(output: str) -> tuple[str, str]:
    """The lines for main.cf and for master.cf out of what `casefleet postfix` printed."""
    main, _, master = output.partition("# /etc/systemd/")[0].partition("# /etc/postfix/master.cf")
    assert "# /etc/postfix/main.cf" in main
    assert master
    return main.partition("\n")[2], master.partition("\n")[2]


@functools.cache
def _empty_queue() -> Path:
    """The queue directory of a Postfix that was never started, to be copied: Postfix takes its time to make one."""
    folder = Path(tempfile.mkdtemp(prefix="casefleet-queue-"))
    atexit.register(shutil.rmtree, folder)
    made = Postfix(folder, "", "")
    (folder / "queue").mkdir()
    subprocess.run(["postfix", "-c", made.etc, "check"], check=True, capture_output=True)
    return folder / "queue"


class Postfix:
    """One instance with these lines in main.cf and master.cf; its log is followed line by line."""

    def __init__(self, folder: Path, main: str, master: str) -> None:
        self.folder = folder
        self.etc = folder / "etc"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        for name in ("etc", "data"):
            (folder / name).mkdir(parents=True)
        subprocess.run(["chown", "postfix", folder / "data"], check=True)
        (self.etc / "main.cf").write_text(MAIN_CF.format(folder=folder) + main)
        (self.etc / "master.cf").write_text(MASTER_CF.format(port=self.port) + master)
        self.settle()
        self.log: list[str] = []
        self._news = threading.Condition()
        self._master: subprocess.Popen[str] | None = None

    def settle(self) -> None:
        """Let what is configured look as if it was written a while ago: Postfix waits until a file is two seconds old."""
        for path in self.etc.iterdir():
            if path.is_file():
                os.utime(path, (1_700_000_000, 1_700_000_000))

    def lay_queue(self) -> Path:
        """The queue directory, made where there is none yet."""
        queue = self.folder / "queue"
        if not queue.exists():
            subprocess.run(["cp", "-a", _empty_queue(), queue], check=True)
            (queue / "quick-start").touch()  # tells postfix-script that nothing need be checked
        return queue

    def start(self, *wrapper: str) -> Postfix:
        """Start, and return when mail is taken; `wrapper` are words before the command."""
        seen = len(self.log)
        self.settle()
        self.lay_queue()
        self._master = subprocess.Popen(
            [*wrapper, "postfix", "-c", str(self.etc), "start-fg"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._follow, args=(self._master,), daemon=True).start()
        self.wait(lambda lines: any("daemon started" in line for line in lines[seen:]))
        return self

    def stop(self, how: str = "stop") -> None:
        """Stop (or "abort": without waiting for deliveries) and return when the master is gone."""
        if self._master is not None and self._master.poll() is None:
            subprocess.run(["postfix", "-c", self.etc, how], check=True, capture_output=True)
            self._master.wait(60)

    def set(self, *settings: str) -> None:
        """Change settings of main.cf, and reload when running."""
        subprocess.run(["postconf", "-c", self.etc, "-e", *settings], check=True)
        self.settle()
        if self._master is not None and self._master.poll() is None:
            seen = len(self.log)
            subprocess.run(["postfix", "-c", self.etc, "reload"], check=True, capture_output=True)
            self.wait(lambda lines: any("reload -- version" in line for line in lines[seen:]))

    def queue(self) -> list[Path]:
        """The files of mail that waits or is under way, each once by its queue id."""
        found: dict[str, Path] = {}
        for _ in range(3):  # a file that moves to a folder that was just looked into is not seen in that round
            found |= {path.name: path for name in ("maildrop", "incoming", "active", "deferred", "corrupt")
                      for path in (self.folder / "queue" / name).rglob("*") if path.is_file()}  # fmt: skip
        return list(found.values())

    def client(self) -> smtplib.SMTP:
        """A connection to the SMTP server."""
        client = smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.example", timeout=60)
        client.ehlo()
        return client

    def submit(
        self, raw: bytes, *recipients: str, sender: str = "ada@firm.example", options: tuple[str, ...] = ()
    ) -> str:
        """Hand in one mail and give its queue id; raises smtplib.SMTPResponseException when it is refused."""
        with self.client() as client:
            return submit(client, raw, *recipients, sender=sender, options=options)

    def outcomes(self, queue_id: str) -> list[Outcome]:
        """What was done with each recipient of a mail, attempt by attempt."""
        with self._news:
            found = [_STATUS.search(line) for line in self.log]
        return [Outcome((match[2], match[3], match[4])) for match in found if match and match[1] == queue_id]

    def done(self, queue_id: str) -> list[Outcome]:
        """Wait until a mail has left the queue; what was done with each recipient."""
        self.wait(lambda lines: any(f"{queue_id}: removed" in line for line in lines))
        return self.outcomes(queue_id)

    def tried(self, queue_id: str, attempts: int = 1) -> list[Outcome]:
        """Wait until a mail was tried so often; what was done with each recipient."""
        self.wait(lambda lines: sum(f" {queue_id}: to=" in line for line in lines) >= attempts)
        return self.outcomes(queue_id)

    def retry(self) -> None:
        """Try what was deferred at once, as `postqueue -f` does it, instead of in the next round."""
        self.wait(lambda _: not any({"incoming", "active"} & set(path.parts) for path in self.queue()))
        subprocess.run(["postqueue", "-c", self.etc, "-f"], check=True)

    def wait(self, condition: Callable[[list[str]], bool], seconds: float = 60) -> None:
        """Wait for what news of the log bring about; asked anew at each line, and every twentieth of a second."""
        ends = time.monotonic() + seconds
        with self._news:
            while not condition(self.log):
                if time.monotonic() > ends:
                    raise AssertionError("Postfix never said it; the log ends:\n" + "\n".join(self.log[-30:]))
                self._news.wait(0.05)

    def _follow(self, master: subprocess.Popen[str]) -> None:
        assert master.stdout is not None
        for line in master.stdout:
            with self._news:
                self.log.append(line.rstrip("\n"))
                self._news.notify_all()


def submit(client: smtplib.SMTP, raw: bytes, *recipients: str, sender: str, options: tuple[str, ...] = ()) -> str:
    """Hand in one mail on a connection and give its queue id."""
    _expect(client.mail(sender, options))
    for recipient in recipients:
        _expect(client.rcpt(recipient))
    answer = client.data(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    _expect(answer)
    match = _QUEUED.search(answer[1])
    assert match, answer
    return match[1].decode()


def _expect(answer: tuple[int, bytes]) -> None:
    if answer[0] != 250:
        raise smtplib.SMTPResponseException(*answer)
