"""The paper's own results as rows to stand beside ours, digit by digit as printed.

The scores are those of the paper's Tables 1 and 2, not measured here: on the full test sets, with
predictions and code of the methods' authors. "(F)" is a method that the paper's authors trained
again on their data. Where the paper's bold type disagrees with its digits, the digits stand.
"""

from collections.abc import Iterator, Sequence

from trainer.evaluation.tables import LMSE, SSIM, Kind, Row

BENCHMARKS = (
    "Real20",
    "Nature",
    "SIR2",
    "SIR2-Objects",
    "SIR2-Postcard",
    "SIR2-Wild",
    "Seq1K",
)
"""The columns of Table 1, each with SSIM and LMSE."""

ABLATION_BENCHMARKS = ("Real20", "Nature", "SIR2", "Seq1K")
"""The columns of Table 2."""

OWN = "the paper's method"
"""What the paper calls "Ours"."""

_TABLE_1 = """
CEILNet    .7185 .0294 .7048 .0218 .8520 .0080 .8764 .0054 .8388 .0088 .8113 .0148 .8130 .0179
Zhang      .7988 .0204 .7401 .0159 .8454 .0072 .8847 .0054 .8082 .0073 .8369 .0132 .8522 .0123
BDN        .7464 .0297 .7449 .0190 .8616 .0062 .8637 .0054 .8686 .0054 .8290 .0120 .8176 .0186
RmNet      .7194 .0306 .7433 .0169 .8328 .0097 .8246 .0108 .8375 .0081 .8459 .0119 .8273 .0154
ERRNet     .8036 .0210 .7590 .0150 .8807 .0062 .8872 .0040 .8786 .0056 .8644 .0169 .8711 .0104
CoRRN      .7140 .0299 .7400 .0154 .8392 .0055 .8678 .0045 .8119 .0054 .8343 .0096 .7809 .0158
Yang       .7084 .0287 .7415 .0162 .8570 .0065 .8502 .0065 .8651 .0059 .8526 .0087 .7885 .0189
IBCLN      .7816 .0224 .7845 .0126 .8948 .0050 .9020 .0038 .8880 .0052 .8934 .0085 .8738 .0105
CEILNet(F) .7284 .0267 .7506 .0151 .8689 .0057 .8737 .0044 .8737 .0053 .8339 .0118 .8525 .0117
Zhang(F)   .7998 .0202 .8026 .0118 .8952 .0044 .9009 .0036 .8884 .0043 .8994 .0071 .8873 .0083
RmNet(F)   .7559 .0245 .7649 .0136 .8862 .0049 .8845 .0041 .8868 .0053 .8904 .0065 .8682 .0104
ERRNet(F)  .8120 .0184 .7950 .0121 .8940 .0046 .9028 .0032 .8810 .0057 .9090 .0057 .8934 .0074
IBCLN(F)   .7759 .0231 .7746 .0131 .8946 .0043 .9026 .0032 .8800 .0048 .8892 .0046 .8672 .0106
Ours       .8196 .0187 .8213 .0104 .9009 .0041 .9089 .0031 .8908 .0045 .9084 .0064 .9015 .0072
"""

_TABLE_2 = """
w/o_MKL             .7936 .0210 .8055 .0121 .8861 .0050 .8911 .0079
w/o_Decouple_Net    .8039 .0195 .8080 .0115 .8945 .0049 .8953 .0076
w/o_Flow_Net        .8069 .0221 .8096 .0113 .8946 .0046 .8967 .0078
w/o_Fusion_Net      .8108 .0203 .8185 .0111 .8957 .0043 .8976 .0075
w/o_KT              .7944 .0205 .8068 .0129 .8794 .0052 .8859 .0079
w/o_Hallucination   .8075 .0200 .8153 .8111 .8918 .0047 .8966 .0074
w/o_Encoder         .8153 .0194 .8162 .0106 .8920 .0048 .8968 .0075
Ours                .8196 .0187 .8213 .0104 .9009 .0041 .9015 .0072
"""


def _quote(printed: str, benchmarks: Sequence[str]) -> Iterator[Row]:
    """Turn lines of a name and SSIM, LMSE for each benchmark into rows."""
    keys = [(name, measure.key) for name in benchmarks for measure in (SSIM, LMSE)]
    for line in printed.strip().splitlines():
        name, *digits = line.split()
        cells = dict(zip(keys, map(float, digits), strict=True))
        name = name.replace("(F)", " (F)").replace("_", " ").replace("Ours", OWN)
        yield Row(name, cells, Kind.QUOTED)


TABLE_1 = tuple(_quote(_TABLE_1, BENCHMARKS))
"""The paper's Table 1, its own method last."""

TABLE_2 = tuple(_quote(_TABLE_2, ABLATION_BENCHMARKS))
"""The paper's Table 2, the ablations."""

REMARKS_1 = (
    "Quoted rows: Table 1 of the paper.",
    "SSIM of IBCLN (F) on SIR2-Postcard is printed with three digits, 0.880.",
)
"""Sentences to print below a table that shows `TABLE_1`."""

REMARKS_2 = (
    "Quoted rows: Table 2 of the paper.",
    "LMSE of w/o Hallucination on Nature is printed as 0.8111, most likely meant as 0.0111.",
)
"""Sentences to print below a table that shows `TABLE_2`."""
