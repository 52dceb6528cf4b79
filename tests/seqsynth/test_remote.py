"""Shard sets at URLs: fetched whole and once, held to their hashes, safe for many at a time."""

import errno
import fcntl
import hashlib
import json
import logging
import multiprocessing
import os
import pickle
import re
import shutil
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import fsspec
import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from seqsynth import remote
from seqsynth.cli import group
from seqsynth.errors import ConfigError, OutputError, ShardError
from seqsynth.remote import RemoteFolder, cache_folder, is_url
from seqsynth.report import write_report
from seqsynth.shards import Fault, open_shards, read_index, verify_shards
from seqsynth.shards.summary import summarise
from tests.seqsynth import web as answers
from tests.seqsynth.disks import full_disk
from tests.seqsynth.web import Web, serve
from tests.waiting import HANG_S

FIRST = "train-00000.h5"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, and no waiting between attempts."""
    monkeypatch.setenv("SEQSYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(remote, "PAUSE_S", 0.0)
    return tmp_path / "cache"


@pytest.fixture
def web(tiny_shards: Path) -> Iterator[Web]:
    """A server of ``tiny_shards``' parent folder; the set is at ``tiny``."""
    with serve(tiny_shards.parent) as server:
        yield server


def cached_files(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / "files").rglob("*") if path.is_file())


def same_as(folder: Path, url: str) -> bool:
    here, there = open_shards(folder), open_shards(url)
    return len(here) == len(there) and all(
        np.array_equal(a.blended, b.blended) and a.name == b.name
        for a, b in zip(here, there, strict=True)
    )


# what it reads


def test_set_on_a_web_server_reads_as_the_folder_does(web: Web, tiny_shards: Path) -> None:
    assert same_as(tiny_shards, f"{web.url}/tiny")


def test_set_in_memory_reads_as_the_folder_does(tiny_shards: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.put(str(tiny_shards), "/sets/tiny", recursive=True)
    assert same_as(tiny_shards, "memory://sets/tiny")
    memory.rm("/sets", recursive=True)


def test_set_at_a_file_url_reads_as_the_folder_does(tiny_shards: Path, cache: Path) -> None:
    assert same_as(tiny_shards, tiny_shards.as_uri())
    assert len(cached_files(cache)) == 4


def test_set_in_a_zip_file_reads_as_the_folder_does(tiny_shards: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sets.zip", "w") as packed:
        for path in tiny_shards.iterdir():
            packed.write(path, f"tiny/{path.name}")
    assert same_as(tiny_shards, f"zip://tiny::file://{tmp_path}/sets.zip")


def test_index_may_stand_for_the_set(web: Web) -> None:
    assert len(open_shards(f"{web.url}/tiny/index.json")) == 24


def test_final_slash_does_not_matter(web: Web) -> None:
    assert open_shards(f"{web.url}/tiny/")[0].views == 3


def test_folders_and_urls_mix(web: Web, tiny_shards: Path) -> None:
    both = open_shards([tiny_shards, f"{web.url}/tiny"])
    np.testing.assert_array_equal(both[0].blended, both[24].blended)


def test_key_in_the_address_goes_with_every_request_and_into_no_message(
    web: Web, cache: Path
) -> None:
    sequences = open_shards(f"{web.url}/tiny?key=secret")
    assert sequences[0].views == 3
    assert web.requests == [f"GET /tiny/{name}?key=secret" for name in ("index.json", FIRST)]
    web.answers[FIRST] = [answers.refuse(500)] * 9
    shutil.rmtree(cache)
    with pytest.raises(ShardError) as caught:
        open_shards(f"{web.url}/tiny?key=secret")[0]
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:secret@host/sets", "https://host/sets"),
        ("https://me:se@cret@host/sets", "https://host/sets"),
        ("zip://voc::https://me:secret@host/x.zip?key=1", "zip://voc::https://host/x.zip"),
        (
            "simplecache::https://host/sets?key=1::file://x",
            "simplecache::https://host/sets::file://x",
        ),
    ],
)
def test_password_and_key_in_the_address_are_not_shown(address: str, shown: str) -> None:
    assert str(RemoteFolder.at(address)) == shown


@pytest.mark.parametrize("text", ["https://host/x", "s3://bucket/x", "zip::https://host/x.zip"])
def test_addresses_are_told_from_paths(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize("path", ["shards", "./a:b", "/data/x//y", "C:/sets", Path("https://x")])
def test_paths_are_told_from_addresses(path: str | Path) -> None:
    assert not is_url(path)


# fetched once, and only then


def test_opening_fetches_the_index_alone(web: Web) -> None:
    sequences = open_shards(f"{web.url}/tiny")
    assert (len(sequences.split("train")), len(sequences[3:9])) == (19, 6)
    assert web.requests == ["GET /tiny/index.json"]


def test_each_shard_is_fetched_by_one_request_when_first_used(web: Web) -> None:
    sequences = open_shards(f"{web.url}/tiny")
    for _ in range(2):
        for number in (0, 5, 1, 23):
            assert sequences[number].views == 3
    sequences.close()
    assert sequences[0].views == 3
    assert web.requests[1:] == ["GET /tiny/train-00000.h5", "GET /tiny/val-00000.h5"]


def test_all_files_of_a_split_can_be_fetched_beforehand(web: Web, tiny_shards: Path) -> None:
    files = list(open_shards(f"{web.url}/tiny").split("train").files())
    assert [file.read_bytes() for file in files] == [
        (tiny_shards / f"train-0000{number}.h5").read_bytes() for number in range(3)
    ]
    assert web.asked_for("val-00000.h5") == 0


def test_files_of_a_folder_are_read_in_place(tiny_shards: Path) -> None:
    assert list(open_shards(tiny_shards)[:6].files()) == [tiny_shards / FIRST]


def test_sets_with_equal_shards_share_the_copy(web: Web, cache: Path, tiny_shards: Path) -> None:
    assert open_shards(f"{web.url}/tiny")[0].views == 3
    assert open_shards(tiny_shards.as_uri())[0].views == 3
    assert [path.stem for path in cached_files(cache)] == [
        hashlib.sha256((tiny_shards / FIRST).read_bytes()).hexdigest()
    ]


def test_cached_set_is_read_without_its_server(
    web: Web, tiny_shards: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"{web.url}/tiny"
    expected = [sequence.name for sequence in open_shards(url)]
    web.stop()
    assert [sequence.name for sequence in open_shards(url)] == expected
    assert "cannot be reached" in caplog.text
    assert "going on with the copy read before" in caplog.text


def test_shard_that_is_not_cached_needs_the_server(web: Web) -> None:
    sequences = open_shards(f"{web.url}/tiny")
    assert sequences[0].views == 3
    web.stop()
    with pytest.raises(ShardError, match=r"tiny/val-00000\.h5: cannot be reached"):
        sequences[23]


def test_changed_index_is_read_anew(web: Web, tiny_shards: Path, tmp_path: Path) -> None:
    served = shutil.copytree(tiny_shards, tmp_path / "web" / "set")
    with serve(tmp_path / "web") as other:
        assert len(open_shards(f"{other.url}/set")) == 24
        document = json.loads((served / "index.json").read_bytes())
        document["shards"] = document["shards"][:1]
        reseal(served, document)
        assert len(open_shards(f"{other.url}/set")) == 6


def test_index_that_is_none_is_not_kept(web: Web) -> None:
    url = f"{web.url}/tiny"
    open_shards(url)
    web.answers["index.json"] = [lambda handler, _: answers.send(handler, b"<html>Log in</html>")]
    with pytest.raises(ShardError, match=r"index\.json is torn or no shard index"):
        open_shards(url)
    web.stop()
    assert len(open_shards(url)) == 24


def test_copy_cut_short_is_fetched_anew(web: Web, cache: Path, tiny_shards: Path) -> None:
    assert open_shards(f"{web.url}/tiny")[0].views == 3
    (copy,) = cached_files(cache)
    os.truncate(copy, 1000)
    assert same_as(tiny_shards, f"{web.url}/tiny")


def reseal(folder: Path, document: dict[str, object]) -> None:
    content = {key: value for key, value in document.items() if key != "digest"}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    content["digest"] = hashlib.sha256(canonical.encode()).hexdigest()
    (folder / "index.json").write_text(json.dumps(content, sort_keys=True, indent=1) + "\n")


# what can go wrong

FOREVER = 99

FAULTS: dict[str, tuple[list[answers.Answer], str]] = {
    "a bit flipped": ([answers.flip_a_bit], "has sha256 .* the index says .*: it was changed or"),
    "too long": ([answers.lengthen], "is longer than the [0-9]+ bytes the index says"),
    "cut short": ([answers.cut_short] * FOREVER, "ended after [0-9]+ of [0-9]+ bytes"),
    "broken off": ([answers.break_off] * FOREVER, "cannot be reached"),
    "gone": ([answers.refuse(404)], "there is no such file; check the address"),
    "secret": ([answers.refuse(403)], "access is denied; check the address and your credentials"),
    "moved away": ([answers.refuse(410)], "the host answers 410 Gone; check the address"),
    "overloaded": ([answers.refuse(503)] * FOREVER, "the host answers 503 .*; try again later"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_of_a_shard_is_one_sentence_and_leaves_nothing(
    web: Web, cache: Path, fault: str
) -> None:
    web.answers[FIRST], sentence = list(FAULTS[fault][0]), FAULTS[fault][1]
    sequences = open_shards(f"{web.url}/tiny")
    with pytest.raises(ShardError, match=sentence) as caught:
        sequences[0]
    assert f"{web.url}/tiny/{FIRST}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert cached_files(cache) == []


@pytest.mark.parametrize("fault", ["cut short", "broken off", "overloaded"])
def test_fault_that_passes_is_got_over(web: Web, tiny_shards: Path, fault: str) -> None:
    web.answers[FIRST] = FAULTS[fault][0][:2]
    assert same_as(tiny_shards, f"{web.url}/tiny")
    assert web.asked_for(FIRST) == 3


@pytest.mark.parametrize("fault", ["a bit flipped", "too long", "gone", "secret", "moved away"])
def test_fault_that_stays_is_not_asked_for_again(web: Web, fault: str) -> None:
    web.answers[FIRST] = list(FAULTS[fault][0])
    with pytest.raises(ShardError):
        open_shards(f"{web.url}/tiny")[0]
    assert web.asked_for(FIRST) == 1


def test_silent_host_is_given_up(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "SILENCE_S", 0.2)
    done = threading.Event()
    web.answers[FIRST] = [lambda *_: done.wait(20) and None] * FOREVER
    with pytest.raises(ShardError, match="cannot be reached"):
        open_shards(f"{web.url}/tiny")[0]
    done.set()


def test_address_without_a_set_is_named(web: Web) -> None:
    with pytest.raises(ShardError, match=r"/nothing/index\.json: there is no such file; check"):
        open_shards(f"{web.url}/nothing")


def test_set_taken_away_is_not_read_from_the_cache(web: Web) -> None:
    open_shards(f"{web.url}/tiny")
    web.answers["index.json"] = [answers.refuse(404)]
    with pytest.raises(ShardError, match="there is no such file"):
        open_shards(f"{web.url}/tiny")


def test_unknown_host_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match=r"http://127\.0\.0\.1:9/x/index\.json: cannot be reached"):
        open_shards("http://127.0.0.1:9/x")


def test_unknown_protocol_is_named() -> None:
    with pytest.raises(ShardError, match=r"gopher://x/index\.json: Protocol not known: gopher"):
        open_shards("gopher://x")


def test_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ShardError, match=r"pip install seqsynth\[remote\]"):
        open_shards("https://host/x")


def test_package_of_a_protocol_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(ShardError, match="Install s3fs"):
        open_shards("s3://bucket/x")


def test_url_that_became_a_path_is_refused() -> None:
    with pytest.raises(ShardError, match="give a URL as text"):
        open_shards(Path("https://host/x"))


def test_hash_that_leads_out_of_the_cache_is_refused(tiny_shards: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_shards, tmp_path / "set")
    document = json.loads((folder / "index.json").read_bytes())
    document["shards"][0]["sha256"] = "../../outside"
    reseal(folder, document)
    with pytest.raises(ShardError, match="is no sha256"):
        open_shards(folder.as_uri())[0]


def test_full_disk_is_one_sentence_and_leaves_nothing(web: Web, cache: Path) -> None:
    sequences = open_shards(f"{web.url}/tiny")
    refused = pytest.raises(OutputError, match=r"cache .* cannot be written .*SEQSYNTH_CACHE")
    with full_disk(4096), refused:
        sequences[0]
    assert cached_files(cache) == []


def test_full_cache_can_be_read_where_nothing_can_be_written(
    web: Web, cache: Path, tiny_shards: Path
) -> None:
    assert same_as(tiny_shards, f"{web.url}/tiny")
    shutil.rmtree(cache / "indexes")
    (cache / "indexes").write_text("in the way")
    for folder in (cache / "files").iterdir():
        folder.chmod(0o500)
    assert same_as(tiny_shards, f"{web.url}/tiny")


# many at a time


def slowly(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    for start in range(0, len(content), len(content) // 10 + 1):
        handler.wfile.write(content[start : start + len(content) // 10 + 1])
        time.sleep(0.03)


def read_first(sequences: object, ready: "threading.Barrier", results: "list[bytes]") -> None:
    ready.wait()
    results.append(sequences[0].blended.tobytes())  # type: ignore[index]


def test_threads_wait_for_the_first(web: Web, tiny_shards: Path) -> None:
    web.answers[FIRST] = [slowly]
    sequences, ready, results = open_shards(f"{web.url}/tiny"), threading.Barrier(4), []
    threads = [
        threading.Thread(target=read_first, args=(sequences, ready, results)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [open_shards(tiny_shards)[0].blended.tobytes()] * 4
    assert web.asked_for(FIRST) == 1


def send_first(sequences: object, ready: object, results: object) -> None:
    ready.wait()  # type: ignore[attr-defined]
    results.put(sequences[0].blended.tobytes())  # type: ignore[attr-defined, index]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_wait_for_the_first(web: Web, tiny_shards: Path, method: str) -> None:
    web.answers[FIRST] = [slowly]
    sequences = open_shards(f"{web.url}/tiny")  # a connection is open before the fork
    context = multiprocessing.get_context(method)
    ready, results = context.Barrier(2), context.Queue()
    workers = [
        context.Process(target=send_first, args=(sequences, ready, results)) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    expected = open_shards(tiny_shards)[0].blended.tobytes()
    assert [results.get(timeout=HANG_S) for _ in workers] == [expected] * 2
    for worker in workers:
        worker.join()
    assert web.asked_for(FIRST) == 1


def test_next_one_fetches_where_the_first_failed(web: Web, cache: Path) -> None:
    failed = threading.Event()

    def fail(handler: BaseHTTPRequestHandler, content: bytes) -> None:
        failed.wait(5)
        answers.flip_a_bit(handler, content)

    web.answers[FIRST] = [fail]
    sequences, outcomes = open_shards(f"{web.url}/tiny"), []

    def read() -> None:
        try:
            outcomes.append(sequences[0].views)
        except ShardError as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    failed.set()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["3", str(ShardError)]
    assert [path.suffix for path in cached_files(cache)] == [".h5"]


def test_shard_can_be_opened_from_the_moment_it_has_its_name(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, opened = Path.replace, []

    def open_at_once(self: Path, target: Path) -> Path:
        moved = replace(self, target)
        if target.suffix == ".h5":
            with h5py.File(target, "r") as file:  # HDF5 takes a lock of its own
                opened.append(sorted(file))
        return moved

    monkeypatch.setattr(Path, "replace", open_at_once)
    assert open_shards(f"{web.url}/tiny")[0].views == 3
    assert opened


def test_what_a_killed_process_left_is_written_over(
    web: Web, cache: Path, tiny_shards: Path
) -> None:
    digest = hashlib.sha256((tiny_shards / FIRST).read_bytes()).hexdigest()
    partial = cache / "files" / digest[:2] / f"{digest}.h5.partial"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"half a shard" * 10_000)
    assert same_as(tiny_shards, f"{web.url}/tiny")
    assert not partial.exists()


def test_link_planted_in_the_cache_is_not_followed(
    web: Web, cache: Path, tiny_shards: Path, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_text("mine")
    digest = hashlib.sha256((tiny_shards / FIRST).read_bytes()).hexdigest()
    folder = cache / "files" / digest[:2]
    folder.mkdir(parents=True)
    for name in (f"{digest}.h5.partial", f"{digest}.h5.4711.partial", f"{digest}.h5"):
        (folder / name).symlink_to(tmp_path / "precious")
    assert same_as(tiny_shards, f"{web.url}/tiny")
    assert (tmp_path / "precious").read_text() == "mine"
    assert [path.name for path in folder.iterdir()] == [f"{digest}.h5"]


def test_set_is_pickled_without_what_it_fetched(web: Web) -> None:
    sequences = open_shards(f"{web.url}/tiny")
    assert sequences[0].views == 3
    again = pickle.loads(pickle.dumps(sequences))
    np.testing.assert_array_equal(again[0].blended, sequences[0].blended)


# commands


def test_facts_of_a_remote_set_fetch_no_shard(web: Web, tiny_shards: Path) -> None:
    facts = summarise(f"{web.url}/tiny")
    assert web.requests == ["GET /tiny/index.json"]
    frames = "frames (V, H, W, 3)"
    assert facts == {**summarise(tiny_shards), frames: {}}
    assert open_shards(f"{web.url}/tiny")[0].views == 3
    assert summarise(f"{web.url}/tiny")[frames] == {
        name: [3, 16, 24, 3] for name in ("blended", "transmission", "reflection")
    }


def test_whole_remote_set_has_no_fault(web: Web) -> None:
    assert not [item for item in verify_shards(f"{web.url}/tiny") if isinstance(item, Fault)]


def test_verifying_names_what_the_host_has_wrong(web: Web) -> None:
    web.answers["train-00001.h5"] = [answers.flip_a_bit]
    web.answers["train-00002.h5"] = [answers.refuse(404)]
    faults = [item for item in verify_shards(f"{web.url}/tiny") if isinstance(item, Fault)]
    assert [fault.file for fault in faults] == ["train-00001.h5", "train-00002.h5"]


def test_verifying_replaces_a_damaged_copy(web: Web, cache: Path, tiny_shards: Path) -> None:
    assert open_shards(f"{web.url}/tiny")[0].views == 3
    (copy,) = cached_files(cache)
    damaged = bytearray(copy.read_bytes())
    damaged[-1] ^= 1
    copy.write_bytes(damaged)
    assert not [item for item in verify_shards(f"{web.url}/tiny") if isinstance(item, Fault)]
    assert copy.read_bytes() == (tiny_shards / FIRST).read_bytes()


def test_report_of_a_remote_set_is_that_of_the_folder(
    web: Web, tiny_shards: Path, tmp_path: Path
) -> None:
    there = write_report(f"{web.url}/tiny", tmp_path / "there.html", samples=2)
    here = write_report(tiny_shards, tmp_path / "here.html", samples=2)
    assert there.read_bytes() == here.read_bytes()


def test_report_of_a_remote_set_needs_a_file(web: Web) -> None:
    with pytest.raises(ConfigError, match="name the page's file, --out FILE"):
        write_report(f"{web.url}/tiny")


def test_index_of_a_remote_set_can_be_read_alone(web: Web, tiny_shards: Path) -> None:
    assert read_index(f"{web.url}/tiny") == read_index(tiny_shards)


@pytest.mark.parametrize("command", ["info", "verify"])
def test_commands_take_an_address(web: Web, command: str) -> None:
    outcome = CliRunner().invoke(group, [command, f"{web.url}/tiny"])
    assert outcome.exit_code == 0, outcome.output


def test_sets_at_addresses_are_compared(make_shards: Callable[..., Path], tmp_path: Path) -> None:
    make_shards(tmp_path / "sets" / "drawn", window=(20, 24), sequences=4)
    with serve(tmp_path / "sets") as server:
        url = f"{server.url}/drawn"
        outcome = CliRunner().invoke(group, ["compare", url, url])
    assert outcome.exit_code == 0, outcome.output
    assert "PSNR of I against T" in outcome.output


# where the cache is


def test_cache_is_where_the_system_keeps_caches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SEQSYNTH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "seqsynth"


@pytest.mark.parametrize("value", ["", "relative/path"])
def test_cache_is_in_the_home_folder_without_a_better_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    monkeypatch.delenv("SEQSYNTH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "seqsynth"


def test_own_options_of_fsspec_hold(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []

    def look(handler: BaseHTTPRequestHandler, content: bytes) -> None:
        seen.append(handler.headers.get("X-Key"))
        answers.send(handler, content)

    web.answers["index.json"] = [look]
    options: dict[str, Callable[..., object] | object] = {
        "client_kwargs": {"headers": {"X-Key": "7"}}
    }
    monkeypatch.setitem(fsspec.config.conf, "http", options)
    open_shards(f"{web.url}/tiny")
    assert seen == ["7"]


def test_library_says_nothing_at_ordinary_work(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert open_shards(f"{web.url}/tiny")[0].views == 3
    assert not caplog.records


def test_code_of_the_guide_runs(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    guide = Path(__file__).parents[2] / "docs" / "remote.md"
    (code,) = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    exec(code.replace("https://host/sets/voc", f"{web.url}/tiny"))
    assert len(capsys.readouterr().out.splitlines()) == 3


def send_to(location: str) -> answers.Answer:
    """Answer that the file is elsewhere."""

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(302)
        handler.send_header("Location", location)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def test_redirect_to_another_host_is_said_and_not_followed(web: Web, tiny_shards: Path) -> None:
    with serve(tiny_shards.parent) as other:
        where = f"http://user:word@{other.url.removeprefix('http://')}/tiny/index.json?key=1"
        web.answers["index.json"] = [send_to(where)]
        with pytest.raises(ShardError, match="sends on to another one") as caught:
            read_index(f"{web.url}/tiny")
        assert other.requests == []
    assert "word" not in str(caught.value)
    assert "key=1" not in str(caught.value)
    assert web.asked_for("index.json") == 1


def test_redirect_of_a_shard_to_another_host_is_not_followed(web: Web, tiny_shards: Path) -> None:
    with serve(tiny_shards.parent) as other:
        web.answers[FIRST] = [send_to(f"{other.url}/tiny/{FIRST}")]
        with pytest.raises(ShardError, match="sends on to another one"):
            open_shards(f"{web.url}/tiny")[0]
        assert other.requests == []


def test_redirect_within_the_host_is_followed(web: Web, tiny_shards: Path) -> None:
    web.answers["index.json"] = [send_to("/tiny/index.json?again")]
    assert read_index(f"{web.url}/tiny") == read_index(tiny_shards)


def test_folder_of_the_cache_that_is_a_link_is_not_followed(
    web: Web, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    cache.mkdir()
    (cache / "files").symlink_to(tmp_path / "outside")
    with pytest.raises(OutputError, match="outside the cache"):
        open_shards(f"{web.url}/tiny")[0]
    assert list((tmp_path / "outside").rglob("*")) == []


def test_lock_of_the_cache_that_is_a_link_is_not_followed(
    web: Web, cache: Path, tmp_path: Path, tiny_shards: Path
) -> None:
    prefix = read_index(tiny_shards).shards[0].sha256[:2]
    (cache / "locks").mkdir(parents=True)
    (cache / "locks" / prefix).symlink_to(tmp_path / "made")
    with pytest.raises(OutputError, match="cannot be written"):
        open_shards(f"{web.url}/tiny")[0]
    assert not (tmp_path / "made").exists()


def state_length(length: str) -> answers.Answer:
    """Answer with a length that is none."""

    def answer(handler: BaseHTTPRequestHandler, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", length)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def test_folder_of_locks_that_is_a_link_is_not_followed(
    web: Web, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    cache.mkdir()
    (cache / "locks").symlink_to(tmp_path / "outside")
    with pytest.raises(OutputError, match="outside the cache"):
        open_shards(f"{web.url}/tiny")[0]
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EACCES, errno.EIO])
def test_cache_on_a_disk_without_locks_is_filled(
    web: Web, tiny_shards: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    found = open_shards(f"{web.url}/tiny")[0].blended
    assert (found == open_shards(tiny_shards)[0].blended).all()


@pytest.mark.parametrize("length", ["-5", "many", "9" * 30])
def test_length_that_is_none_is_one_sentence(web: Web, length: str) -> None:
    web.answers["index.json"] = [state_length(length)] * 3
    with pytest.raises(ShardError, match=r"index\.json: .*Content-Length") as caught:
        read_index(f"{web.url}/tiny")
    assert "\n" not in str(caught.value)
