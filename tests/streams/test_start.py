"""What workers do when their folder is not as it should be: they make it, or end and say why; none waits for ever."""

from pathlib import Path

import pytest

from streams.start import StartError, make_folder
from tests.streams.conftest import MakeWorld

pytestmark = pytest.mark.kafka


async def test_supervised_workers_make_their_folder_whatever_of_it_is_missing(
    world: MakeWorld, tmp_path: Path
) -> None:
    folder = tmp_path / "removed" / "data"
    ours = await world(processes=2, data_dir=str(folder))
    await ours.started()
    assert {each.name for each in folder.iterdir()} == {"process-0", "process-1"}


async def test_a_worker_whose_folder_can_not_be_made_ends_and_names_the_setting(
    world: MakeWorld, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    ours = await world(data_dir=str(tmp_path / "file" / "data"))
    worker = ours.start_worker()
    assert await worker.ended(within_s=30) == 1
    assert "can't be made (MONITOR_DATA_DIR)" in worker.log()
    assert "Traceback" not in worker.log()


async def test_a_worker_that_faust_can_not_start_ends_instead_of_waiting_for_ever(
    world: MakeWorld, tmp_path: Path
) -> None:
    """Faust keeps a folder for the app's version in it, here a file is in the way."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "v1").touch()
    ours = await world(data_dir=str(folder))
    worker = ours.start_worker()
    assert await worker.ended(within_s=30) == 1
    assert "the engine can't go on: FileExistsError" in worker.log()


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    make_folder(tmp_path)
    assert (tmp_path / "kept").exists()
    with pytest.raises(StartError, match="MONITOR_DATA_DIR"):
        make_folder(tmp_path / "kept" / "below")
