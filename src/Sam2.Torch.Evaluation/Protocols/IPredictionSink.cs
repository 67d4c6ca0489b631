using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Protocols;

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
