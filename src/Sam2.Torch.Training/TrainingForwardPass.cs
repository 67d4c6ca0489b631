using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Prompts;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>Predicts the objects of a batch of clips for training, with the graph that leads to the weights.</summary>
public interface IForwardPass
{
    /// <summary>Predicts all frames of a batch.</summary>
    /// <param name="clips">The clips, on the model's device. They stay the caller's.</param>
    /// <param name="random">The source of all randomness of the batch.</param>
    /// <returns>Predictions with their graph, in the order of the clips' frames; the caller disposes them.</returns>
    ClipPrediction Run(ClipBatch clips, TrainingRandom random);
}

/// <summary>
/// The original's forward pass of training: a user who prompts and corrects the model on some frames of a clip is simulated, and the model
/// tracks the objects through all of them (paper, section 4 "Training" and appendix D.2.2; training/model/sam2.py,
/// <c>SAM2Train</c>). Single images are clips of one frame.
/// </summary>
public sealed class TrainingForwardPass : IForwardPass
{
    private readonly IPromptSimulation _prompts;

    /// <summary>Prepares the forward pass of a model, which stays the caller's.</summary>
    /// <param name="model">The model; its training or evaluation mode decides which options count.</param>
    /// <param name="options">How clips are prompted and processed.</param>
    /// <param name="prompts">The simulated user; null for <see cref="UserSimulation"/> with these options.</param>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    public TrainingForwardPass(Sam2Model model, TrainingOptions options, IPromptSimulation? prompts = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Model = model;
        Options = options;
        _prompts = prompts ?? new UserSimulation(options);
        if (options.FreezeImageEncoder)
            foreach (var parameter in model.ImageEncoder.parameters())
                parameter.requires_grad = false;
    }

    /// <summary>The model that is trained.</summary>
    public Sam2Model Model { get; }

    /// <summary>How clips are prompted and processed.</summary>
    public TrainingOptions Options { get; }

    /// <summary>What the frames of a clip attend to: SAM 2's own choice unless it is replaced.</summary>
    public MemorySelector SelectMemories { get; init; } = MemorySelection.Select;

    /// <summary>Where the features of pictures are kept while the image encoder is frozen; null if they are computed in each step.</summary>
    public FeatureCache? Features { get; init; }

    /// <summary>Prompts, tracks and corrects the objects of a batch of clips.</summary>
    /// <param name="clips">The clips, on the model's device. They stay the caller's.</param>
    /// <param name="random">
    /// The source of all randomness, dropout and stochastic depth included: in training mode it seeds libtorch's generator.
    /// </param>
    /// <returns>Predictions with their graph; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">
    /// The clips have no frame or object, or another size than the model's input; or the simulated user prompts frames that don't exist.
    /// </exception>
    public ClipPrediction Run(ClipBatch clips, TrainingRandom random)
    {
        ArgumentNullException.ThrowIfNull(clips);
        ArgumentNullException.ThrowIfNull(random);
        RequireShape(clips);
        using var scope = NewDisposeScope();
        var segments = new ForwardSegments(Model, Options, new TrainingRandom(random.NextBits()));
        var user = new ClipPrompts(_prompts, clips.FrameCount, Model.training, random);
        var plan = user.Plan;
        var features = new ClipFeatures(Features is null ? segments.EncodeImage : images => Features.Encode(Model, images), clips, ahead: Model.training || !Options.ForwardBackbonePerFrameForEval);
        var tracker = new ClipTracker(Model, segments, plan, user, clips, features, SelectMemories);
        var frames = new FramePrediction[clips.FrameCount];
        foreach (var frame in plan.Order(clips.FrameCount))
        {
            frames[frame] = tracker.Track(frame, becomesConditioning: plan.InitialFrames.Contains(frame)
                || (Options.AddAllFramesToCorrectAsCond && plan.CorrectedFrames.Contains(frame)));
        }

        return new ClipPrediction(frames, plan).MoveToOuterDisposeScope();
    }

    private void RequireShape(ClipBatch clips)
    {
        var size = Model.Config.ImageSize;
        long[] images = clips.Images.shape, masks = clips.Masks.shape;
        if (images.Length != 5 || images[0] == 0 || images[1] == 0 || images[2] != 3 || images[3] != size || images[4] != size)
            throw new ArgumentException($"The clips' images have shape [{string.Join(", ", images)}]; this model takes [T, B, 3, {size}, {size}].", nameof(clips));
        if (masks.Length != 4 || masks[0] != images[0] || masks[1] == 0 || masks[2] != size || masks[3] != size)
            throw new ArgumentException($"The clips' masks have shape [{string.Join(", ", masks)}]; images of shape [{string.Join(", ", images)}] need [{images[0]}, O, {size}, {size}] with at least one object.", nameof(clips));
        if (clips.ObjectClip.Count != masks[1] || clips.ObjectClip.Any(clip => clip < 0 || clip >= images[1]))
            throw new ArgumentException($"{masks[1]} objects need as many indices of clips below {images[1]}, not [{string.Join(", ", clips.ObjectClip)}].", nameof(clips));
    }
}

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
    /// <param name="ahead">Whether all frames are encoded now; otherwise each is encoded when it is needed.</param>
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

    // One frame of all clips at a time: several would not fit into the processor's caches.
    private ImageFeatures Encode(int frame) => _encode(_clips.Images[frame]);
}
