"""``seqsynth report``: where the page is written."""


def test_page_of_the_content_leaves_the_page_of_the_findings_alone(
    make_scene, run, ingest, tmp_path
):
    make_scene("porch", 3)
    ingest()
    judged = (tmp_path / "out" / "report.html").read_bytes()
    assert run("report", tmp_path / "out").exception is None
    assert (tmp_path / "out" / "report.html").read_bytes() == judged
    assert (tmp_path / "out" / "shards.html").exists()
