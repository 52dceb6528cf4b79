"""What options that several commands share take and refuse."""

import pytest


@pytest.mark.parametrize(
    "words",
    [
        ["generate", "--voc", "photos"],
        ["export", "{shards}", "--to", "bdn"],
        ["subset", "{shards}", "--count", "1"],
        ["merge", "{shards}", "{shards}"],
    ],
    ids=lambda words: words[0],
)
def test_url_is_no_output(words, seqsynth, tiny_shards, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = seqsynth(
        *(word.format(shards=tiny_shards) for word in words), "--out", "https://host/folder"
    )
    assert answer.code == 2
    assert "https://host/folder is a URL; name a local folder" in answer.err
    assert list(tmp_path.iterdir()) == []
