"""Opening the lab: from Python, with the server in a thread, and for the command line."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, final

from pellucid.errors import ArgumentError, EngineError, MissingPackageError, PellucidWarning
from pellucid.lazy import load
from pellucid.studio.notebook import at_next_run, is_notebook
from pellucid.studio.opening import Opening, of_file, of_model, of_name, put
from pellucid.studio.security import Access, new_token
from pellucid.studio.server import Hub, bound, serve
from pellucid.studio.sources import Shelf, catalogue
from pellucid.studio.widget import end, widget

__all__ = ["Lab", "lab", "opening_of", "run"]

STARTING = 20.0  # seconds
ENDING = 5.0


class _Address:
    """A port that was taken, who may use it, and a folder for the session."""

    def __init__(self, opening: Opening, host: str, port: int) -> None:
        if host not in ("127.0.0.1", "localhost", "::1"):
            warnings.warn(
                f"the lab is open to every machine that reaches {host}: whoever has the address "
                "with its token can use it, and nothing is encrypted",
                PellucidWarning, stacklevel=4,
            )  # fmt: skip
        self.socket = bound(host, port)
        number = self.socket.getsockname()[1]
        token, names = new_token(), _names(host)
        shown = f"[{names[0]}]" if ":" in names[0] else names[0]
        self.url = f"http://{shown}:{number}/#token={token}"
        self.folder = Path(load("tempfile").mkdtemp(prefix="pellucid-lab-"))
        try:
            put(opening, self.folder)
        except BaseException:
            self.socket.close()
            load("shutil").rmtree(self.folder, ignore_errors=True)
            raise
        self.hub = Hub(Access.of(token, names, number), self.folder)


def _names(host: str) -> list[str]:
    """List the names under which others find a host; of all addresses, those of this machine."""
    if host not in ("0.0.0.0", "::"):
        return [host]
    sockets = load("socket")
    name = str(sockets.gethostname())
    with contextlib.suppress(OSError):
        return [name, *sorted({str(one[4][0]) for one in sockets.getaddrinfo(name, None)})]
    return [name]


@final
class Lab:
    """A lab that is open: its address, and a way to end it. A cell of a notebook shows its page.

    Attributes
    ----------
    url : what to open in a browser; the token in it lets in whoever has it

    Examples
    --------
    >>> import pellucid as pel
    >>> with pel.lab(data="xor", browser=False) as lab:
    ...     print(lab.url.partition("#")[2][:6])
    token=
    """

    def __init__(self, opening: Opening, host: str, port: int) -> None:
        self._address = _Address(opening, host, port)
        self.url = self._address.url
        self._servers: list[Any] = []
        self._widgets: list[Any] = []
        self._thread = threading.Thread(target=self._serve, name="pellucid lab", daemon=True)
        self._thread.start()
        for _ in range(int(STARTING * 100)):
            if self._servers and self._servers[0].started:
                break
            self._thread.join(0.01)
            if not self._thread.is_alive():
                raise EngineError("the lab could not be started", mend="see the error above")
        load("atexit").register(self.stop)

    def _serve(self) -> None:
        serve(self._address.hub, self._address.socket, started=self._servers.append)

    def stop(self) -> None:
        """End the lab: page, server and worker."""
        while self._widgets:
            end(self._widgets.pop())
        for server in self._servers:
            server.should_exit = True
        self._thread.join(ENDING)

    def wait(self) -> None:
        """Go on only when the lab has ended; Ctrl-C ends it."""
        try:
            while self._thread.is_alive():
                self._thread.join(0.2)
        except KeyboardInterrupt:
            self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Lab({self.url})"

    def _repr_html_(self) -> str:
        address = load("html").escape(self.url)
        return f'<a href="{address}" target="_blank" rel="noopener">Open the lab</a>'

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Show the page in a cell of Jupyter, where anywidget is installed; else its address."""
        shown = self._shown()
        bundle: Any = {} if shown is None else shown._repr_mimebundle_()
        told = bundle[0] if isinstance(bundle, tuple) else bundle
        return {**told, "text/plain": repr(self), "text/html": self._repr_html_()}

    def _display_(self) -> Any:
        """Show the page in a cell of marimo."""
        shown = self._shown()
        return load("marimo").Html(self._repr_html_()) if shown is None else shown

    def _shown(self) -> Any:
        """Give a widget of this lab, if there can be one."""
        if not is_notebook() or not self._thread.is_alive():
            return None
        with contextlib.suppress(MissingPackageError):
            self._widgets.append(widget(self._address.hub))
            return self._widgets[-1]
        return None


def lab(
    model: Any = None, X: Any = None, y: Any = None, *, data: str | None = None,
    target: str | None = None, host: str = "127.0.0.1", port: int = 0, browser: bool | None = None,
) -> Lab:  # fmt: skip
    """Open the lab: a page on which a network is built, trained live and seen through.

    The network is trained by this library in a process of its own; the page can stop it, go back
    to any step, look at every number, and show the Python that does it again. This call comes back
    at once; ``lab.stop()``, or the end of the program, ends the lab; ``lab.wait()`` waits for it.

    As the last expression of a cell in JupyterLab, marimo or VS Code the page is shown there, which
    needs ``pip install 'pellucid[notebook]'``. Running the cell again ends the lab that it opened.

    Parameters
    ----------
    model : a ``Sequential`` network to begin with, and its weights if it has any; it is not changed
    X, y : rows and targets, arrays as for ``fit``
    data : instead, a data set by name, or a file
    target : the column of a file to predict
    host, port : where the page is served: on this machine alone, on any free port
    browser : open the page in the browser; by default unless this is a notebook

    Raises
    ------
    ArgumentError : for data that the lab cannot take, and why
    FileError : when the port is taken, or the file cannot be read

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import data, nn
    >>> X, y = data.moons(100, seed=1)
    >>> model = nn.Sequential([nn.Linear(4, activation="tanh"), nn.Linear(1)])
    >>> lab = pel.lab(model, X, y, browser=False)
    >>> lab.stop()
    """
    opened = Lab(opening_of(model, X, y, data, target), host, port)
    at_next_run(opened.stop)
    if not is_notebook() if browser is None else browser:
        _show(opened.url)
    return opened


def opening_of(
    model: Any, X: Any, y: Any, data: str | None = None, target: str | None = None
) -> Opening:
    """Say what a lab begins with: a network and rows, a set by name, or a file."""
    if data is not None:
        if X is not None or model is not None:
            raise ArgumentError("the lab takes a model with X and y, or data, not both",
                                mend="write pel.lab(model, X, y)")  # fmt: skip
        known = {one["name"] for one in catalogue(Shelf())}
        plain = data.replace("_", "-") if data.replace("_", "-") in known else data
        return of_name(plain) if plain in known else of_file(data, target)
    if X is None and model is None:
        return Opening()
    if X is None or y is None:
        raise ArgumentError("the lab needs rows to train on", got="no X and y",
                            mend="write pel.lab(model, X, y)")  # fmt: skip
    return of_model(model, X, y)


def run(
    opening: Opening, host: str, port: int, *, browser: bool, say: Callable[[str], None]
) -> None:
    """Serve in this thread until the process is told to end.

    Parameters
    ----------
    say : told the address, first of all
    """
    address = _Address(opening, host, port)
    say(address.url)
    if browser:
        threading.Thread(target=_show, args=(address.url,), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        serve(address.hub, address.socket)


def _show(url: str) -> None:
    load("webbrowser").open(url)
