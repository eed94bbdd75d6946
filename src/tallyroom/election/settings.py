"""Settings: one table of a TOML file, read value by value so that every fault is named with its line."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from fractions import Fraction
from typing import Any, TypeVar

from tallyroom.election.fault import Faults

T = TypeVar("T")

_HEADER = re.compile(r"^\s*\[\[?[\w.\"-]+\]", re.MULTILINE)
_SHARE = re.compile(r"^(\d{1,9}(\.\d{1,9})?%?|\d{1,9}/\d{1,9})$")


@dataclass(frozen=True)
class Settings:
    """A TOML table: `name` is the file, `text` its whole text (for line numbers), `values` the table."""

    name: str
    text: str
    values: Mapping[str, Any]
    faults: Faults
    after: int = 0

    def line(self, key: str) -> int | None:
        """The line on which `key` is set in this table, or on which the table begins."""
        next_table = _HEADER.search(self.text, self.after)
        end = next_table.start() if next_table else len(self.text)
        found = re.compile(rf"^\s*\"?{re.escape(key)}\"?\s*=", re.MULTILINE).search(self.text, self.after, end)
        return self.text.count("\n", 0, found.end()) + 1 if found else self._first_line()

    def _first_line(self) -> int:
        return self.text.count("\n", 0, self.after) + 1

    def fault(self, key: str, message: str, mend: str) -> None:
        """Note a fault of one value."""
        self.faults.add(self.name, self.line(key), key, message, mend)

    def value(self, key: str, kind: type[T], example: str, default: T | None = None) -> T:
        """The value of `key`; a missing one without default or one of another type is a fault."""
        found = self.values.get(key, default)
        if type(found) is kind:
            return found
        what = "is missing" if found is None else f"{found!r} is not of the form expected"
        self.fault(key, what, f"Write {key} = {example}")
        return kind(*_EMPTY.get(kind, ()))

    def string(self, key: str, example: str, default: str | None = None) -> str:
        """A text value."""
        return self.value(key, str, f'"{example}"', default)

    def strings(self, key: str, example: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        found = self.value(key, list, f"[{example}]", None if default is None else list(default))
        if not all(isinstance(entry, str) for entry in found):
            self.fault(key, "holds something that is not text", f"Write {key} = [{example}]")
            return ()
        return tuple(found)

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """One of the words in `choices`."""
        found = self.string(key, choices[0], default)
        if found and found not in choices:
            self.fault(key, f"{found!r} is not known", f"Use one of: {', '.join(choices)}")
        return found

    def share(self, key: str) -> Fraction | None:
        """A share as an exact fraction, written "25%" or "1/3"; None where it is not set."""
        found = self.values.get(key)
        if found is None:
            return None
        share = Fraction(-1)
        if isinstance(found, str) and _SHARE.match(found) and not re.search(r"/0+$", found):
            share = Fraction(found.removesuffix("%")) / (100 if found.endswith("%") else 1)
        if not 0 <= share <= 1:
            self.fault(key, f"{found!r} is not a share", f'Write it as {key} = "25%" or "1/3"')
            return None
        return share

    def tables(self, key: str) -> list["Settings"]:
        """The tables of an array of tables [[key]], each knowing where it begins."""
        found = self.values.get(key, [])
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            self.fault(key, "is not a list of tables", f"Write [[{key}]] before each")
            return []
        begins = [m.end() for m in re.finditer(rf"^\s*\[\[[\w.]*{re.escape(key)}\]\]", self.text, re.MULTILINE)]
        begins += [self.after] * (len(found) - len(begins))
        return [self._table(entry, begin) for entry, begin in zip(found, begins, strict=False)]

    def table(self, key: str) -> "Settings":
        """The table [key]; empty where it is absent."""
        found = self.values.get(key, {})
        if not isinstance(found, dict):
            self.fault(key, "is not a table", f"Write [{key}] on a line of its own")
            found = {}
        begin = re.compile(rf"^\s*\[[\w.]*{re.escape(key)}\]", re.MULTILINE).search(self.text, self.after)
        return self._table(found, begin.end() if begin else self.after)

    def _table(self, values: Mapping[str, Any], after: int) -> "Settings":
        return Settings(self.name, self.text, values, self.faults, after)

    def known(self, *keys: str) -> None:
        """Note every key that is none of `keys`: a misspelt rule must not pass as an absent one."""
        for key in self.values:
            if key not in keys:
                self.fault(key, "is not known", f"Use one of: {', '.join(keys)}")


_EMPTY: dict[type, tuple[int, ...]] = {date: (1970, 1, 1)}


def clock(settings: Settings, key: str) -> time:
    """A local time such as 08:00:00."""
    return settings.value(key, time, "08:00:00")


def day(settings: Settings, key: str) -> date:
    """A date such as 2024-02-07."""
    return settings.value(key, date, "2024-02-07")


def read_settings(name: str, read: Callable[[], bytes], faults: Faults) -> Settings | None:
    """Parse a TOML file; None, with the fault noted, where it is absent, not UTF-8 or not TOML."""
    try:
        text = read().decode("utf-8")
        return Settings(name, text, tomllib.loads(text), faults)
    except FileNotFoundError:
        faults.add(name, None, "", "the file is missing", f"Write {name} into the election folder")
    except UnicodeDecodeError as error:
        faults.add(name, None, "", f"not UTF-8 text (byte {error.start})", "Save the file as UTF-8")
    except RecursionError:
        faults.add(name, None, "", "not a settings file: lists in lists without end", "Mend the file")
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place.group(1)) if place else text.count("\n") + 1
        faults.add(name, line, "", f"not TOML ({error})", "Mend the line; text stands in double quotes")
    except OSError as error:
        faults.add(name, None, "", f"the file cannot be read ({error.strerror})", "Check its permissions")
    return None
