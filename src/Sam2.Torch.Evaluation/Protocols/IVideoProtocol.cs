using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>A way to prompt a model on a video and to measure what it answers. Deterministic, and safe to use from several threads.</summary>
public interface IVideoProtocol
{
    /// <summary>Runs the protocol on one video.</summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="video">The video with its true masks.</param>
    /// <param name="observer">Takes predictions and progress.</param>
    /// <exception cref="DatasetException">An annotation is missing or damaged; the message names the file.</exception>
    /// <exception cref="OperationCanceledException">The observer's token was cancelled.</exception>
    VideoResult Run(Sam2Model model, IAnnotatedVideo video, VideoObserver observer);
}

/// <summary>Follows a protocol's work on a video.</summary>
/// <param name="Predictions">Takes the final masks; null if nobody wants them.</param>
/// <param name="Progress">Told how much of the video is done, 0 to 1, on the protocol's own thread; null if nobody asks.</param>
/// <param name="PeakMemory">Measures the largest amount of memory that was in use, in bytes; null if it isn't known.</param>
/// <param name="CancellationToken">Ends the work between two frames.</param>
public sealed record VideoObserver(
    IPredictionSink? Predictions = null, IProgress<double>? Progress = null, Func<long>? PeakMemory = null, CancellationToken CancellationToken = default);

/// <summary>
/// Everything that was measured on one video. It is stored as soon as the video is done, so that an evaluation that was
/// stopped continues where it was; reports are made from nothing else.
/// </summary>
/// <param name="Video">The video's name.</param>
/// <param name="Rounds">What was measured: once, or after each round of prompts.</param>
public sealed record VideoResult(string Video, IReadOnlyList<RoundResult> Rounds)
{
    /// <summary>What it cost; null where nothing was predicted.</summary>
    public EvaluationSpeed? Speed { get; init; }
}

/// <summary>What was measured with a number of annotated frames.</summary>
/// <param name="AnnotatedFrames">On how many frames each object could be prompted.</param>
/// <param name="Objects">What was measured of each object.</param>
public sealed record RoundResult(int AnnotatedFrames, IReadOnlyList<ObjectFrames> Objects);

/// <summary>What an evaluation cost.</summary>
/// <param name="Frames">
/// Frames that went through the model; a frame that went through it twice counts twice. For predictions from elsewhere: frames that
/// were scored.
/// </param>
/// <param name="Seconds">
/// The time that this took, including waiting for frames to be decoded. Writing isn't counted, nor is scoring unless predictions come from elsewhere.
/// </param>
/// <param name="PeakMemoryBytes">The largest resident set of the process.</param>
public sealed record EvaluationSpeed(long Frames, double Seconds, long PeakMemoryBytes)
{
    /// <summary>Frames per second of one job.</summary>
    public double FramesPerSecond => Seconds > 0 ? Frames / Seconds : 0;
}

/// <summary>
/// Takes a model's answers while a protocol runs: stores them, shows them, sends them on. <c>PredictionFolder</c> stores them as the
/// benchmarks' servers want them. A sink belongs to one video (see <see cref="VideoObserver"/>).
/// </summary>
/// <remarks>
/// Frames come in order, each once, and all calls for a video come from one thread; protocols that go over a video several times hand
/// out the masks of the last round only. The protocol waits for <see cref="Write"/> to return, and an exception ends the evaluation of
/// the video.
/// </remarks>
/// <example>
/// A sink that counts how many pixels each object has:
/// <code>
/// sealed class AreaSink : IPredictionSink
/// {
///     public Dictionary&lt;int, long&gt; Pixels { get; } = [];
///
///     public void Write(int frame, IReadOnlyDictionary&lt;int, BinaryMask&gt; masks)
///     {
///         foreach (var (id, mask) in masks) Pixels[id] = Pixels.GetValueOrDefault(id) + mask.Area;
///     }
/// }
///
/// var sink = new AreaSink();
/// new SemiSupervisedProtocol(new()).Run(model, video, new VideoObserver(Predictions: sink));
/// </code>
/// </example>
public interface IPredictionSink
{
    /// <summary>Takes the masks of a frame. They may be kept; nobody changes them afterwards.</summary>
    /// <param name="frame">Index of the frame, from 0.</param>
    /// <param name="masks">Masks by object id, at the video's size; objects that haven't appeared yet have none.</param>
    void Write(int frame, IReadOnlyDictionary<int, BinaryMask> masks);
}
