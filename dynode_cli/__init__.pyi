"""What type checkers see of :mod:`dynode_cli`, whose names are loaded on first use."""

from dynode_cli.api import (
    Number as Number,
    edit as edit,
    evaluate as evaluate,
    interpolate as interpolate,
)
from dynode_cli.cli.session import (
    Session as Session,
    session_of as session_of,
)
from dynode_cli.contracts import (
    API_VERSION as API_VERSION,
    Carried as Carried,
    Carrier as Carrier,
    Clip as Clip,
    Context as Context,
    Direction as Direction,
    Dynamics as Dynamics,
    FitReport as FitReport,
    FlowEstimator as FlowEstimator,
    FlowPair as FlowPair,
    Framing as Framing,
    FramingTrack as FramingTrack,
    Generator as Generator,
    Inversion as Inversion,
    Inverter as Inverter,
    Metric as Metric,
    NoOptions as NoOptions,
    Picture as Picture,
    Progress as Progress,
    Push as Push,
    Sampler as Sampler,
    Trajectory as Trajectory,
    device_of as device_of,
    silent as silent,
)
from dynode_cli.errors import (
    BatchError as BatchError,
    ConvergenceError as ConvergenceError,
    DeviceError as DeviceError,
    DynodeError as DynodeError,
    InputError as InputError,
    PluginError as PluginError,
    QualityError as QualityError,
    UsageError as UsageError,
    WeightsError as WeightsError,
)
from dynode_cli.files.codes import (
    Codes as Codes,
    load_codes as load_codes,
    save_codes as save_codes,
)
from dynode_cli.files.pickled_data import (
    Constructor as Constructor,
)
from dynode_cli.files.safe_loading import (
    is_torch_file as is_torch_file,
    load_pickle as load_pickle,
    load_torch as load_torch,
)
from dynode_cli.hookspecs import (
    Register as Register,
    RegisterCommand as RegisterCommand,
    RegisterWeights as RegisterWeights,
    hookimpl as hookimpl,
)
from dynode_cli.media.reading.deinterlace import (
    Deinterlace as Deinterlace,
)
from dynode_cli.media.writing.writer import (
    AudioRule as AudioRule,
    EncoderOptions as EncoderOptions,
)
from dynode_cli.options import (
    option as option,
)
from dynode_cli.pipeline.prepare import (
    ShowProgress as ShowProgress,
)
from dynode_cli.pipeline.renderer import (
    CutPolicy as CutPolicy,
)
from dynode_cli.pipeline.samples import (
    Spread as Spread,
)
from dynode_cli.pipeline.to_file import (
    Rendered as Rendered,
)
from dynode_cli.plugin_host.host import (
    flow_estimator as flow_estimator,
)
from dynode_cli.verbs.editing.comparison import (
    Comparison as Comparison,
)
from dynode_cli.verbs.editing.edit import (
    Edited as Edited,
)
from dynode_cli.verbs.editing.latent import (
    Transport as Transport,
)
from dynode_cli.verbs.evaluation.evaluate import (
    Evaluation as Evaluation,
)
from dynode_cli.verbs.evaluation.scoring import (
    Score as Score,
)

__version__: str
__all__: list[str]
