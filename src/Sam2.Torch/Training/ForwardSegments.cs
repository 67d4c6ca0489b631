using Sam2.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>
/// The parts of the model that a training step calls, each with random numbers of its own (so that what it drops does not depend
/// on when it is computed), and with activation checkpointing if that is wanted.
/// </summary>
internal sealed class ForwardSegments
{
    private readonly Sam2Model _model;
    private readonly IReadOnlyList<Tensor>? _checkpointed;
    private readonly TrainingRandom _seeds;

    /// <summary>Prepares the parts for one training step.</summary>
    /// <param name="model">The model.</param>
    /// <param name="checkpointing">Whether activations are computed again for the backward pass instead of being kept.</param>
    /// <param name="seeds">Seeds libtorch's generator in training mode.</param>
    public ForwardSegments(Sam2Model model, bool checkpointing, TrainingRandom seeds)
    {
        _model = model;
        _seeds = seeds;
        if (checkpointing && is_grad_enabled()) _checkpointed = [.. model.parameters().Where(parameter => parameter.requires_grad)];
    }

    /// <summary>Encodes images [B, 3, S, S].</summary>
    public ImageFeatures EncodeImage(Tensor images)
    {
        var results = Run([images], inputs =>
        {
            var features = _model.EncodeImage(inputs[0]);
            return features.HighRes is null ? [features.Embedding] : [features.Embedding, features.HighRes.Stride8, features.HighRes.Stride4];
        });
        return Features(results, 0);
    }

    /// <summary>Conditions an image embedding on memories.</summary>
    public Tensor ConditionOnMemory(Tensor embedding, MemoryTokens memories) =>
        Run(
            [embedding, memories.Memory, memories.Position],
            inputs => [_model.ConditionOnMemory(inputs[0], new(inputs[1], inputs[2], memories.NumObjPtrTokens))])[0];

    /// <summary>Predicts masks from prompts.</summary>
    public SamHeadsOutput Decode(Tensor embedding, HighResFeatures? highRes, PointPrompts? points, Tensor? masks, bool multimask)
    {
        List<Tensor> given = highRes is null ? [embedding] : [embedding, highRes.Stride8, highRes.Stride4];
        if (masks is not null) given.Add(masks);
        var results = Run(given, inputs =>
        {
            var features = Features(inputs, masks is null ? 0 : 1);
            var output = _model.ForwardSamHeads(features.Embedding, features.HighRes, points, masks is null ? null : inputs[^1], multimask);
            return [output.LowResMultimasks, output.Ious, output.LowResMasks, output.ObjectPointer, output.ObjectScores];
        });
        return new(results[0], results[1], results[2], results[3], results[4]);
    }

    /// <summary>Embedding and, if there are three, skip connections, before <paramref name="rest"/> other tensors.</summary>
    private static ImageFeatures Features(IReadOnlyList<Tensor> tensors, int rest) =>
        new(tensors[0], tensors.Count - rest == 1 ? null : new(tensors[1], tensors[2]));

    private IReadOnlyList<Tensor> Run(IReadOnlyList<Tensor> inputs, Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> compute)
    {
        var seed = (long)_seeds.NextBits();
        return _checkpointed is null ? Seeded(inputs) : ActivationCheckpoint.Run(new(Seeded, _checkpointed), inputs);

        IReadOnlyList<Tensor> Seeded(IReadOnlyList<Tensor> tensors)
        {
            if (_model.training) manual_seed(seed);
            return compute(tensors);
        }
    }
}
