using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>
/// The tracking step of training: the parts of the model that it calls have random numbers of their own (so that dropout does
/// not depend on when they are computed), and activation checkpointing if that is wanted.
/// </summary>
internal sealed class ForwardSegments : TrackingStep
{
    private readonly bool _checkpointing;
    private readonly TrainingRandom _seeds;

    /// <summary>Prepares the parts for one training step.</summary>
    /// <param name="model">The model.</param>
    /// <param name="checkpointing">Whether activations are computed again for the backward pass instead of being kept.</param>
    /// <param name="seeds">Seeds libtorch's generator in training mode.</param>
    public ForwardSegments(Sam2Model model, bool checkpointing, TrainingRandom seeds) : base(model)
    {
        _seeds = seeds;
        _checkpointing = checkpointing && is_grad_enabled();
    }

    /// <summary>Encodes images [B, 3, S, S].</summary>
    public ImageFeatures EncodeImage(Tensor images)
    {
        // The decoder makes its skip connections of the features, once for all prompts.
        var results = Run(["image_encoder.", "sam_mask_decoder.conv_s"], [images], inputs =>
        {
            var features = Model.EncodeImage(inputs[0]);
            return features.HighRes is null ? [features.Embedding] : [features.Embedding, features.HighRes.Stride8, features.HighRes.Stride4];
        }, twice: !Model.Config.ImageEncoder.Trunk.KeepsStatistics);
        return new(results[0], results.Count == 1 ? null : new(results[1], results[2]));
    }

    /// <inheritdoc/>
    protected override Tensor ConditionOnMemory(Tensor embedding, MemoryTokens memories) =>
        Run(
            ["memory_attention."], [embedding, memories.Memory, memories.Position],
            inputs => [Model.ConditionOnMemory(inputs[0], new(inputs[1], inputs[2], memories.NumObjPtrTokens))])[0];

    /// <inheritdoc/>
    protected override SamHeadsOutput ForwardSamHeads(
        Tensor embedding, HighResFeatures? highRes, PointTensors? points, Tensor? masks, bool multimask)
    {
        // Prompts are inputs too: what is captured may be disposed by the time of the backward pass.
        List<Tensor> given = highRes is null ? [embedding] : [embedding, highRes.Stride8, highRes.Stride4];
        var features = given.Count;
        if (points is not null) given.AddRange([points.Coordinates, points.Labels]);
        if (masks is not null) given.Add(masks);
        var results = Run(["sam_", "obj_ptr_proj.", "no_obj_ptr"], given, inputs =>
        {
            var output = Model.ForwardSamHeads(
                inputs[0],
                highRes is null ? null : new(inputs[1], inputs[2]),
                points is null ? null : new(inputs[features], inputs[features + 1]),
                masks is null ? null : inputs[^1],
                multimask);
            return [output.LowResMultimasks, output.Ious, output.LowResMasks, output.ObjectPointer, output.ObjectScores];
        });
        return new(results[0], results[1], results[2], results[3], results[4]);
    }

    /// <summary>Computes a part.</summary>
    /// <param name="weights">What the names of its weights begin with.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="compute">The part.</param>
    /// <param name="twice">Whether it may be computed again for the backward pass; batch normalisation would count its statistics twice.</param>
    private IReadOnlyList<Tensor> Run(
        string[] weights, IReadOnlyList<Tensor> inputs, Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> compute, bool twice = true)
    {
        var seed = (long)_seeds.NextBits();
        // Where nothing needs a gradient, nothing is kept anyway, and the results must not claim to need one.
        var differentiated = _checkpointing && twice && (inputs.Any(x => x.requires_grad)
            || Model.named_parameters().Any(p => p.parameter.requires_grad && weights.Any(start => p.name.StartsWith(start, StringComparison.Ordinal))));
        return differentiated ? ActivationCheckpoint.Run(Seeded, inputs) : Seeded(inputs);

        IReadOnlyList<Tensor> Seeded(IReadOnlyList<Tensor> tensors)
        {
            if (Model.training) manual_seed(seed);
            return compute(tensors);
        }
    }
}
