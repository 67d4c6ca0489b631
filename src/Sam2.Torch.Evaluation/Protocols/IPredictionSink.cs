using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>Takes the predictions of one video, frame by frame in order.</summary>
public interface IPredictionSink
{
    /// <summary>Takes the masks of a frame.</summary>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="masks">Masks by object id, at the video's size; objects that haven't appeared yet have none.</param>
    void Write(int frame, IReadOnlyDictionary<int, BinaryMask> masks);
}
