using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Reports;
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
