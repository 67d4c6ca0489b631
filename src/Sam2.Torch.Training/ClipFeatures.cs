using Sam2.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>The image features of a batch of clips, frame by frame, arranged by object.</summary>
internal sealed class ClipFeatures
{
    private readonly Func<Tensor, ImageFeatures> _encode;
    private readonly ClipBatch _clips;
    private readonly ImageFeatures[]? _frames;
    private readonly Tensor? _clipOfObject;

    /// <summary>Prepares the features in the current dispose scope.</summary>
    /// <param name="encode">Encodes images [B, 3, S, S].</param>
    /// <param name="clips">The clips.</param>
    /// <param name="ahead">Whether all frames are encoded now, or each when it is asked for.</param>
    public ClipFeatures(Func<Tensor, ImageFeatures> encode, ClipBatch clips, bool ahead)
    {
        _encode = encode;
        _clips = clips;
        // One clip's features serve all its objects as they are: the model takes a batch of one for objects that share a frame.
        if (clips.ClipCount > 1 && !clips.ObjectClip.SequenceEqual(Enumerable.Range(0, clips.ClipCount)))
            _clipOfObject = tensor(clips.ObjectClip.Select(clip => (long)clip).ToArray(), device: clips.Images.device);
        if (ahead) _frames = Enumerable.Range(0, clips.FrameCount).Select(Encode).ToArray();
    }

    /// <summary>The features of a frame for O objects, [O, …]; [1, …] where all objects are in the same clip.</summary>
    public ImageFeatures this[int frame]
    {
        get
        {
            var features = _frames is null ? Encode(frame) : _frames[frame];
            if (_clipOfObject is null) return features;
            Tensor ByObject(Tensor x) => x.index_select(0, _clipOfObject);
            return new(
                ByObject(features.Embedding),
                features.HighRes is null ? null : new(ByObject(features.HighRes.Stride8), ByObject(features.HighRes.Stride4)));
        }
    }

    // One frame of all clips at a time: the working set of several would not fit the processor's caches.
    private ImageFeatures Encode(int frame) => _encode(_clips.Images[frame]);
}
