"""Laws: statements of the theory that any implementation can be held against."""

from probml.laws._catalogue import CATALOGUE
from probml.laws._law import Law, LawResult, Mutant
from probml.laws._run import load_subject, self_test, verify
from probml.laws.classifiers._atlas import atlas, write_atlas
from probml.laws.classifiers._check import (
    PROFILES,
    LawViolationError,
    NewLawWarning,
    check_fitted,
    check_probabilistic_classifier,
    parametrize_with_laws,
    to_frame,
)
from probml.laws.classifiers._claims import FAMILIES, PROPERTIES
from probml.laws.classifiers._law import ClassifierLaw
from probml.laws.networks._reference import REFERENCE_NET

__all__ = [
    "CATALOGUE",
    "FAMILIES",
    "PROFILES",
    "PROPERTIES",
    "REFERENCE_NET",
    "ClassifierLaw",
    "Law",
    "LawResult",
    "LawViolationError",
    "Mutant",
    "NewLawWarning",
    "atlas",
    "check_fitted",
    "check_probabilistic_classifier",
    "load_subject",
    "parametrize_with_laws",
    "self_test",
    "to_frame",
    "verify",
    "write_atlas",
]
