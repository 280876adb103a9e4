"""The engine against a Kafka that is a model of a page or two, in virtual time, under seeded faults.

What runs is the engine as it is: `Engine`, `Tenure`, `Unit`, `Turn` and `Ledger` of streams/engine/. What stands for
the world is small enough to be read in one go:

* `loop.py`: an event loop whose clock jumps to the next thing that is due. A minute takes some milliseconds.
* `broker.py`: Kafka as far as it matters here. Logs of records whose fate is open, committed or aborted; transactions
  with an epoch that fences, markers that come late and one by one, the last stable offset, aborts by time-out.
* `network.py`: requests travel; they are lost before or after they are done, time out, meet a dead or a mute broker.
  A request that was sent arrives, whatever becomes of its sender.
* `group.py`: who owns which partition numbers; sessions end, a sleeper finds out late.
* `worker.py`: an engine on top of these, which can be killed, put to sleep and woken up.
* `stages.py`: three stages whose answers depend on everything that came before, so that nothing lost, doubled or
  invented can hide.
* `play.py`: one schedule of faults from one seed, and what must hold when it is over.
"""
