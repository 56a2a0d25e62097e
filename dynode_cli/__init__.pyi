"""What type checkers see of :mod:`dynode_cli`, whose names are loaded on first use; made by docs/stub.py."""

from dynode_cli.api import (
    bench as bench,
    edit as edit,
    evaluate as evaluate,
    forecast as forecast,
    interpolate as interpolate,
    invert as invert,
    iter_frames as iter_frames,
    learn_direction as learn_direction,
    probe as probe,
    render as render,
    render_frames as render_frames,
    resample as resample,
    run as run,
)
from dynode_cli.benchmark.results import (
    Results as Results,
)
from dynode_cli.benchmark.run import (
    Benchmark as Benchmark,
)
from dynode_cli.cli.session import (
    Session as Session,
    session_of as session_of,
)
from dynode_cli.console import (
    show_progress as show_progress,
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
    Measurement as Measurement,
    Metric as Metric,
    NoOptions as NoOptions,
    Picture as Picture,
    Progress as Progress,
    Push as Push,
    Sampler as Sampler,
    Trajectory as Trajectory,
    WeightsEntry as WeightsEntry,
    device_of as device_of,
    silent as silent,
)
from dynode_cli.directions.latent import (
    LatentDirection as LatentDirection,
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
from dynode_cli.files.tensors import (
    save_tensors as save_tensors,
)
from dynode_cli.hookspecs import (
    Register as Register,
    RegisterCommand as RegisterCommand,
    RegisterWeights as RegisterWeights,
    hookimpl as hookimpl,
)
from dynode_cli.media.facts import (
    MediaInfo as MediaInfo,
)
from dynode_cli.media.reading.scan import (
    Scan as Scan,
)
from dynode_cli.options import (
    Decides as Decides,
    option as option,
)
from dynode_cli.pipeline.cost import (
    Cost as Cost,
)
from dynode_cli.pipeline.plan import (
    Plan as Plan,
)
from dynode_cli.pipeline.samples import (
    Spread as Spread,
)
from dynode_cli.pipeline.to_file import (
    Rendered as Rendered,
)
from dynode_cli.plugin_host.host import (
    flow_estimator as flow_estimator,
    make_metric as make_metric,
)
from dynode_cli.requests.base import (
    Request as Request,
    ShowProgress as ShowProgress,
    show_nothing as show_nothing,
)
from dynode_cli.requests.bench import (
    Bench as Bench,
    Part as Part,
)
from dynode_cli.requests.codes import (
    Invert as Invert,
    Render as Render,
    Resample as Resample,
)
from dynode_cli.requests.directions import (
    LearnDirection as LearnDirection,
)
from dynode_cli.requests.edit import (
    Comparison as Comparison,
    Edit as Edit,
    Transport as Transport,
)
from dynode_cli.requests.encoding import (
    AudioRule as AudioRule,
    EncoderOptions as EncoderOptions,
)
from dynode_cli.requests.evaluate import (
    Evaluate as Evaluate,
)
from dynode_cli.requests.frames import (
    RenderFrames as RenderFrames,
)
from dynode_cli.requests.interpolate import (
    Interpolate as Interpolate,
)
from dynode_cli.requests.methods import (
    Options as Options,
)
from dynode_cli.requests.probe import (
    Probe as Probe,
)
from dynode_cli.requests.reading import (
    Deinterlace as Deinterlace,
    Gaps as Gaps,
)
from dynode_cli.requests.timing import (
    CutPolicy as CutPolicy,
    Times as Times,
)
from dynode_cli.values.direction_words import (
    Word as Word,
)
from dynode_cli.values.frames import (
    Frames as Frames,
    Pixels as Pixels,
)
from dynode_cli.values.strengths import (
    Strength as Strength,
)
from dynode_cli.values.time_lists import (
    TimeList as TimeList,
)
from dynode_cli.values.times import (
    Number as Number,
    Position as Position,
    Rate as Rate,
)
from dynode_cli.verbs.editing.edit import (
    Edited as Edited,
)
from dynode_cli.verbs.evaluation.evaluate import (
    Evaluation as Evaluation,
)
from dynode_cli.verbs.evaluation.metrics import (
    MetricFacts as MetricFacts,
)
from dynode_cli.verbs.evaluation.scoring import (
    Score as Score,
)
from dynode_cli.verbs.frames import (
    FrameStream as FrameStream,
)
from dynode_cli.verbs.interpolate import (
    Forecast as Forecast,
)
from dynode_cli.verbs.invert import (
    Inverted as Inverted,
)
from dynode_cli.verbs.learn import (
    Learned as Learned,
)
from dynode_cli.verbs.probe import (
    Probed as Probed,
)
from dynode_cli.verbs.render import (
    RenderedCodes as RenderedCodes,
)
from dynode_cli.verbs.resample import (
    Resampled as Resampled,
)

__version__: str
__all__: list[str]
