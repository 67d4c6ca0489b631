using System.Runtime.ExceptionServices;
using Sam2.Torch.Modeling;
using Sam2.Torch.Runtime;
using Sam2.Torch.Tracking;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>
/// Activation checkpointing (Chen et al., "Training deep nets with sublinear memory cost", 2016): a segment of the forward pass
/// keeps nothing but its inputs, and the backward pass computes it again. Gradients of weights add up in their <c>grad</c>, as in any
/// backward pass.
/// </summary>
/// <remarks>
/// <para>
/// All results of a segment leave it as one tensor. With several, one that the loss did not need would reach TorchSharp's side of the
/// backward pass without a gradient, which TorchSharp 0.107 can't handle.
/// </para>
/// <para>
/// libtorch calls <see cref="Function.backward"/> from native code, through which no exception may pass: it would end the process.
/// An exception while a segment is computed again is therefore kept, the gradients become NaN, and <see cref="Backward"/> or
/// <see cref="ThrowIfFailed"/> throws it after the backward pass.
/// </para>
/// </remarks>
public static class ActivationCheckpoint
{
    // Shared by all threads: on a GPU the backward pass runs on threads of its own.
    private static ExceptionDispatchInfo? _failure;

    /// <summary>Computes a segment now, and once more in the backward pass, which <see cref="Backward"/> has to run.</summary>
    /// <param name="compute">
    /// The segment: a function of its inputs and of weights that touches no other graph. It is called once forward and once backward,
    /// and must do the same both times.
    /// </param>
    /// <param name="inputs">Its inputs.</param>
    /// <returns>Its results, with a history that leads to the inputs and the weights.</returns>
    public static IReadOnlyList<Tensor> Run(Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> compute, IReadOnlyList<Tensor> inputs)
    {
        var segment = new Segment(compute);
        // libtorch calls backward only if an input needs a gradient, but weights are no inputs.
        using var anchor = zeros(1).requires_grad_();
        using var packed = Function.apply([segment, anchor, .. inputs]);
        return segment.Unpack(packed);
    }

    /// <summary>
    /// The backward pass of a loss that depends on segments: <c>loss.backward()</c> without signals (<see cref="HeldSignals"/>), then
    /// <see cref="ThrowIfFailed"/>. Does nothing more for a loss without segments, so it can stand in every training loop.
    /// </summary>
    /// <param name="loss">A scalar with its graph.</param>
    /// <exception cref="Exception">What was thrown where a segment could not be computed again; the gradients are not valid then.</exception>
    public static void Backward(Tensor loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        using (HeldSignals.Hold())
            loss.backward();
        ThrowIfFailed();
    }

    /// <summary>Has to be called after a backward pass that <see cref="Backward"/> did not run.</summary>
    /// <exception cref="Exception">What was thrown where a segment could not be computed again; the gradients are not valid then.</exception>
    public static void ThrowIfFailed() => Interlocked.Exchange(ref _failure, null)?.Throw();

    /// <summary>A segment, and how its results are laid out in the one tensor that it returns.</summary>
    private sealed class Segment(Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> compute)
    {
        private List<(long[] Shape, ScalarType Type)> _layout = [];

        public Tensor ComputePacked(IReadOnlyList<Tensor> inputs)
        {
            using var scope = NewDisposeScope();
            var outputs = compute(inputs);
            _layout = [.. outputs.Select(output => (output.shape, output.dtype))];
            var common = _layout.TrueForAll(part => part.Type == _layout[0].Type) ? _layout[0].Type : float32;
            return cat([.. outputs.Select(output => output.to(common).flatten())]).MoveToOuterDisposeScope();
        }

        public IReadOnlyList<Tensor> Unpack(Tensor packed)
        {
            using var scope = NewDisposeScope();
            var results = new List<Tensor>();
            var start = 0L;
            foreach (var (shape, type) in _layout)
            {
                var length = shape.Aggregate(1L, (product, side) => product * side);
                results.Add(packed.narrow(0, start, length).view(shape).to(type).alias().MoveToOuterDisposeScope());
                start += length;
            }
            return results;
        }
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        /// <summary>
        /// The tensors that were handed to libtorch last. It takes references of its own only after <see cref="backward"/> has returned,
        /// so the next call frees them. Freeing them at the end of the step would let the gradients of all segments pile up.
        /// </summary>
        [ThreadStatic]
        private static List<Tensor>? _handedOver;

        public override string Name => nameof(ActivationCheckpoint);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var segment = (Segment)vars[0];
            var inputs = vars[2..].Cast<Tensor>().ToList();
            ctx.save_data(nameof(Segment), segment);
            ctx.save_for_backward(inputs);
            return segment.ComputePacked(inputs);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            foreach (var tensor in _handedOver ?? []) tensor.Dispose();
            var saved = ctx.get_saved_variables();
            List<Tensor?> gradients;
            try
            {
                gradients = Differentiate((Segment)ctx.get_data(nameof(Segment)), saved, grad_output);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
                gradients = [.. saved.Select(NotANumber)];
            }
            foreach (var tensor in saved.Append(grad_output)) tensor.Dispose();
            _handedOver = [.. gradients.OfType<Tensor>().Select(gradient => gradient.DetachFromDisposeScope())];
            // One for each argument: none for the segment and the anchor.
            return [null!, null!, .. gradients.Select(gradient => gradient!)];
        }

        private static List<Tensor?> Differentiate(Segment segment, List<Tensor> saved, Tensor gradOutput)
        {
            using var scope = NewDisposeScope();
            using var recording = enable_grad();
            // Cut off from their own history: the gradients of this segment end at them.
            var inputs = saved.Select(x => x.requires_grad ? x.detach().requires_grad_() : x).ToList();
            var packed = segment.ComputePacked(inputs);
            if (packed.requires_grad) autograd.backward([packed], [gradOutput]);
            return [.. inputs.Select(x => x.requires_grad ? x.grad?.MoveToOuterDisposeScope() : null)];
        }

        /// <summary>A gradient that can't be mistaken for a valid one and takes no memory; none where none is wanted.</summary>
        private static Tensor? NotANumber(Tensor x) =>
            x.requires_grad ? full(1, Scalars.Of(double.NaN), dtype: x.dtype, device: x.device).expand(x.shape) : null;
    }
}

/// <summary>
/// The tracking step of training: the parts of the model that it calls have random numbers of their own (so that dropout does
/// not depend on when they are computed), and activation checkpointing if that is wanted.
/// </summary>
internal sealed class ForwardSegments : TrackingStep
{
    private readonly bool _checkpointing, _attentionTwice;
    private readonly TrainingRandom _seeds;

    /// <summary>Prepares the parts for one training step.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Which activations are computed again for the backward pass instead of being kept.</param>
    /// <param name="seeds">Seeds libtorch's generator in training mode.</param>
    public ForwardSegments(Sam2Model model, TrainingOptions options, TrainingRandom seeds) : base(model)
    {
        _seeds = seeds;
        _checkpointing = options.ActivationCheckpointing && is_grad_enabled();
        _attentionTwice = (options.ActivationCheckpointing || options.RecomputeMemoryAttention) && is_grad_enabled();
    }

    /// <summary>Encodes images [B, 3, S, S].</summary>
    public ImageFeatures EncodeImage(Tensor images)
    {
        // The decoder makes its skip connections of the features, once for all prompts.
        var again = _checkpointing && !Model.Config.ImageEncoder.Trunk.KeepsStatistics;
        var results = Run(again, ["image_encoder.", "sam_mask_decoder.conv_s"], [images], inputs =>
        {
            var features = Model.EncodeImage(inputs[0]);
            return features.HighRes is null ? [features.Embedding] : [features.Embedding, features.HighRes.Stride8, features.HighRes.Stride4];
        });
        return new(results[0], results.Count == 1 ? null : new(results[1], results[2]));
    }

    /// <inheritdoc/>
    protected override Tensor ConditionOnMemory(Tensor embedding, MemoryTokens memories) =>
        Run(
            _attentionTwice, ["memory_attention."], [embedding, memories.Memory, memories.Position],
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
        var results = Run(_checkpointing, ["sam_", "obj_ptr_proj.", "no_obj_ptr"], given, inputs =>
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
    /// <param name="again">Whether it is computed again for the backward pass; batch normalisation would count its statistics twice.</param>
    /// <param name="weights">What the names of its weights begin with.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="compute">The part.</param>
    private IReadOnlyList<Tensor> Run(
        bool again, string[] weights, IReadOnlyList<Tensor> inputs, Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> compute)
    {
        var seed = (long)_seeds.NextBits();
        // Where nothing needs a gradient, nothing is kept anyway, and the results must not claim to need one.
        var differentiated = again && (inputs.Any(x => x.requires_grad)
            || Model.named_parameters().Any(p => p.parameter.requires_grad && weights.Any(start => p.name.StartsWith(start, StringComparison.Ordinal))));
        return differentiated ? ActivationCheckpoint.Run(Seeded, inputs) : Seeded(inputs);

        IReadOnlyList<Tensor> Seeded(IReadOnlyList<Tensor> tensors)
        {
            if (Model.training) manual_seed(seed);
            return compute(tensors);
        }
    }
}
