"""A client for the WebSocket API of Tutti: asyncio and the package `websockets` (10.4 of Debian 12, or newer), one file, no more.

    async with Tutti("ws://tutti.local:8080/ws", token, ["room/kitchen"]) as tutti:
        await tutti.send("room:volume", {"room_id": "kitchen", "volume": 0.3})
        async for frame in tutti:
            ...

What it does by itself:

- signs in, and subscribes to its topics
- reconnects when the line is lost, after a wait that grows and is made by chance, so that a house does not come back at one moment;
  at once, or never again, when the close code says so
- takes up each topic where it was (`resume` with epoch and revisions): what was missed comes as events; where the server cannot
  tell any more, a `subscribed` frame with a new `snapshot` comes instead. There is never a silent gap
- sends a command that has no answer yet again with its old id, so that it is done once, however often the line breaks
- gives a line up on which nothing came for 60 s; the server says `heartbeat` every 30 s

`python3 tutti_client.py ws://tutti.local:8080/ws kitchen` prints what the kitchen plays; the token comes from TUTTI_TOKEN.
"""

import asyncio
import collections
import itertools
import json
import os
import random
import secrets
import sys

import websockets

PROTOCOL = 1
SILENCE_SECONDS = 60
WAIT_SECONDS = (0.5, 15)
MAX_MESSAGE_BYTES = 64 * 2**20
MAX_UNREAD_FRAMES = 1000

# Events that change their topic and count its revision up; all others are told once.
STATE_EVENTS = frozenset(
    """playback:state volume:updated queue:updated room:added room:updated room:removed room:state party:updated party:summary
    room:chat player:added player:updated player:removed library:state system:state activity job:updated job:removed
    download:updated download:removed candidate:updated candidate:removed export:updated export:removed schedule:updated
    schedule:removed target:updated target:removed input:updated input:removed check:updated check:removed alarm:updated alarm:removed
    sleep:updated sleep:removed""".split()
)


class TuttiError(Exception):
    """The server refused something. Branch on `code`; `retryable` says whether the same may work later."""

    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code = error["code"]
        self.retryable = error.get("retryable", False)
        self.params = error.get("params", {})


class TuttiClosed(Exception):
    """It makes no sense to come back: the token is not valid, or the server is a newer one than this client."""


class CommandLost(Exception):
    """The line broke, and the server has been restarted since: it may have done this command or not."""


class _Command:
    def __init__(self, frame):
        self.frame = frame
        self.sent = False
        self.answer = asyncio.get_running_loop().create_future()


class Tutti:
    """One connection for the whole life of a program. `async for` gives, in order, every `subscribed` frame that has a snapshot,
    every event, and every `error` that answers no command of ours (a topic that is not there). Read them: who leaves 1000 lying
    gets new snapshots instead."""

    def __init__(self, url, token=None, topics=()):
        self.url = url
        self.hello = None
        self._token = token
        self._client_id = secrets.token_urlsafe(24)
        self._prefix = secrets.token_hex(4)
        self._count = itertools.count(1)
        self._epoch = None
        self._revisions = {topic: None for topic in topics}
        self._commands = {}
        self._frames = collections.deque()
        self._news = asyncio.Event()
        self._line = None
        self._task = None
        self._end = None

    async def __aenter__(self):
        self._task = asyncio.create_task(self._live())
        return self

    async def __aexit__(self, *_reason):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._finish(self._end or TuttiClosed("this client was closed"))

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self._frames:
            if self._end:
                raise self._end
            self._news.clear()
            await self._news.wait()
        return self._frames.popleft()

    async def send(self, type, data=None, timeout=10):
        """Runs a command and returns the `data` of its reply. While the line is down it waits, as long as `timeout` (seconds) lets it.
        Raises TuttiError when the server refuses, CommandLost, TuttiClosed, or asyncio.TimeoutError."""
        if self._end:
            raise self._end
        command = _Command({"id": self._new_id(), "type": type, "data": data or {}})
        self._commands[command.frame["id"]] = command
        try:
            return await asyncio.wait_for(self._run(command), timeout)
        finally:
            del self._commands[command.frame["id"]]

    async def subscribe(self, *topics):
        """Follows more topics: the `subscribed` frame of each comes as the others do."""
        self._revisions.update({topic: None for topic in topics if topic not in self._revisions})
        if self._line:
            await self._subscribe(self._line, topics)

    # The life of a connection

    async def _live(self):
        failures = 0
        while not self._end:
            code = None
            try:
                async with websockets.connect(self.url, open_timeout=10, close_timeout=3, max_size=MAX_MESSAGE_BYTES) as line:
                    await self._begin(line)
                    failures = 0
                    while True:
                        await self._on_frame(await self._read(line))
            except websockets.ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else None
            except TuttiClosed as end:
                self._finish(end)
            except (OSError, EOFError, asyncio.TimeoutError, websockets.WebSocketException) as error:
                self._refused(error)
            except (ValueError, KeyError, TypeError):
                pass  # Something between us says what is not of this protocol.
            finally:
                self._line = None
            if code is not None and 4000 <= code < 4100:
                self._finish(TuttiClosed(f"the server closed with {code}"))
            comes_at_once = code is not None and 4200 <= code < 4300 and failures == 0
            if not self._end and not comes_at_once:
                first, longest = WAIT_SECONDS
                await asyncio.sleep(random.uniform(0, min(longest, first * 2**failures)))
            failures = min(failures + 1, 10)

    async def _begin(self, line):
        """Signs in and takes up what was going on. [AU2] [RE1] [SB4]"""
        self.hello = await self._read(line)
        if self.hello["protocol"]["min"] > PROTOCOL:
            raise TuttiClosed("the server no longer speaks version 1 of the protocol")
        if self.hello["auth"] == "required":
            await self._ask(line, "auth", {"token": self._token or ""})
        resumed = (await self._ask(line, "resume", {"client_id": self._client_id}))["resumed"]
        await self._subscribe(line, list(self._revisions))
        self._line = line
        for command in list(self._commands.values()):
            if not command.sent or resumed:
                await self._transmit(command)
            elif not command.answer.done():
                command.answer.set_exception(CommandLost(command.frame["type"]))

    async def _ask(self, line, type, data):
        """A question that everything else waits for."""
        id = self._new_id()
        await line.send(json.dumps({"id": id, "type": type, "data": data}))
        while True:
            frame = await self._read(line)
            if frame.get("id") != id:
                await self._on_frame(frame)
            elif frame["type"] == "reply":
                return frame["data"]
            elif frame["error"].get("retryable"):
                raise ConnectionError(frame["error"]["code"])
            else:
                raise TuttiClosed(str(TuttiError(frame["error"])))

    async def _subscribe(self, line, topics):
        if not topics:
            return
        data = {"topics": list(topics)}
        known = {topic: self._revisions[topic] for topic in topics if self._revisions[topic] is not None}
        if known:
            data["resume"] = {"epoch": self._epoch, "revisions": known}
        await line.send(json.dumps({"id": self._new_id(), "type": "subscribe", "data": data}))

    async def _run(self, command):
        await self._transmit(command)
        return await command.answer

    async def _transmit(self, command):
        if not self._line:
            return
        command.sent = True
        try:
            await self._line.send(json.dumps(command.frame))
        except websockets.ConnectionClosed:
            pass  # It goes out again on the next connection.

    async def _read(self, line):
        return json.loads(await asyncio.wait_for(line.recv(), SILENCE_SECONDS))

    # What the server says

    async def _on_frame(self, frame):
        type, id, topic = frame["type"], frame.get("id"), frame.get("topic")
        if type in ("reply", "error") and id in self._commands:
            self._answer(self._commands[id].answer, frame)
        elif type == "subscribed":
            self._on_subscribed(frame)
        elif type == "unsubscribed":
            self._revisions.pop(topic, None)
        elif type == "error":
            self._revisions.pop(frame["error"].get("params", {}).get("topic"), None)
            self._deliver(frame)
        elif topic:
            self._on_event(frame)
        if len(self._frames) > MAX_UNREAD_FRAMES:
            await self._start_over()

    def _answer(self, answer, frame):
        if answer.done():
            return
        if frame["type"] == "reply":
            answer.set_result(frame["data"])
        else:
            answer.set_exception(TuttiError(frame["error"]))

    def _on_subscribed(self, frame):
        if frame["epoch"] != self._epoch:
            # Another life of the server: revisions of the former one mean nothing.
            self._epoch = frame["epoch"]
            self._revisions = {topic: None for topic in self._revisions}
        if frame["resumed"]:
            for event in frame.get("events", []):
                self._on_event(event)
        else:
            self._deliver(frame)
        self._revisions[frame["topic"]] = frame["revision"]

    def _on_event(self, event):
        topic = event["topic"]
        if event["type"] in STATE_EVENTS and topic in self._revisions:
            known = self._revisions[topic]
            if known is not None and event["revision"] <= known:
                return
            self._revisions[topic] = event["revision"]
        self._deliver(event)

    def _deliver(self, frame):
        self._frames.append(frame)
        self._news.set()

    async def _start_over(self):
        """Nobody reads: what waits is out of date by the time somebody does."""
        self._frames.clear()
        self._revisions = {topic: None for topic in self._revisions}
        if self._line:
            await self._subscribe(self._line, list(self._revisions))

    # The end

    def _refused(self, error):
        """An HTTP answer instead of a WebSocket: 4xx stays so, but 429; 5xx may pass."""
        status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
        if status is not None and 400 <= status < 500 and status != 429:
            self._finish(TuttiClosed(f"the server answered {status}: {self.url}"))

    def _finish(self, end):
        self._end = end
        for command in self._commands.values():
            if not command.answer.done():
                command.answer.set_exception(end)
        self._news.set()

    def _new_id(self):
        return f"{self._prefix}-{next(self._count)}"


def now_playing(playback):
    track = playback.get("track") or {}
    title = playback.get("stream_title") or track.get("title") or "nothing"
    return f"{playback['state']}: {title}" + (f" ({track['artist']})" if track.get("artist") else "")


async def main(url, room_id):
    async with Tutti(url, os.environ.get("TUTTI_TOKEN"), [f"room/{room_id}"]) as tutti:
        said = None
        async for frame in tutti:
            if frame["type"] == "error":
                raise TuttiError(frame["error"])
            if frame["type"] == "subscribed":
                text = now_playing(frame["snapshot"]["playback"])
            elif frame["type"] == "playback:state":
                text = now_playing(frame["data"])
            else:
                continue
            if text != said:
                print(text, flush=True)
            said = text


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:3]))
    except KeyboardInterrupt:
        pass
    except (TuttiClosed, TuttiError) as problem:
        sys.exit(str(problem))
