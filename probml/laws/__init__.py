"""Laws: statements of the theory that any implementation can be held against."""

from probml.laws._catalogue import CATALOGUE
from probml.laws._law import Law, LawResult, Mutant
from probml.laws._run import load_subject, self_test, verify

__all__ = ["CATALOGUE", "Law", "LawResult", "Mutant", "load_subject", "self_test", "verify"]
