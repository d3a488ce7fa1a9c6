"""What a command answers when it cannot do as asked, in OpenPBS's own words and codes.

Codes and texts as observed with OpenPBS 23.06.06; they are the last two digits of the
error numbers in its ``pbs_error.h`` (15000 and more, modulo 256).
"""

from __future__ import annotations

USAGE = """\
usage: qsub [-a date_time] [-A account_string] [-c interval]
	[-C directive_prefix] [-e path] [-f ] [-h ] [-I [-X]] [-j oe|eo] [-J X-Y[:Z]]
	[-k keep] [-l resource_list] [-m mail_options] [-M user_list]
	[-N jobname] [-o path] [-p priority] [-P project] [-q queue] [-r y|n]
	[-R o|e|oe] [-S path] [-u user_list] [-W otherattributes=value...]
	[-v variable_list] [-V ] [-z] [script | -- command [arg1 ...]]
       qsub --version
"""
"""What `qsub` prints under a wrong option."""

UNKNOWN_JOB, UNAUTHORIZED, BAD_SIGNAL = 153, 159, 165
BAD_VALUE, WRONG_STATE, UNKNOWN_QUEUE = 166, 168, 170
DISABLED, BAD_USER, UNKNOWN_RESOURCE = 173, 175, 187
OVER_LIMITS, NO_MOM, FINISHED, QUEUE_FULL = 188, 222, 35, 38
INVALID, NO_ATTRIBUTE, ARRAY_TOO_LARGE = 156, 154, 3


class RefusalError(Exception):
    """A command cannot do as asked.

    Parameters
    ----------
    code
        Its exit code.
    words
        What it says, without its name.
    """

    def __init__(self, code: int, words: str) -> None:
        self.code = code
        self.words = words
        super().__init__(words)


def wrong_option(option: str) -> RefusalError:
    """Return the refusal of a wrong option value; the usage is printed under it."""
    return RefusalError(2, f"illegal -{option} value\n{USAGE.rstrip()}")


def unknown_job(job_id: str) -> RefusalError:
    """Return the refusal of an id nobody knows."""
    return RefusalError(UNKNOWN_JOB, f"Unknown Job Id {job_id}")
