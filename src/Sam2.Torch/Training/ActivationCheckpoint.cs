using System.Runtime.ExceptionServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>
/// Activation checkpointing (Chen et al., "Training deep nets with sublinear memory cost", 2016): a segment of the forward pass
/// keeps nothing but its inputs, and the backward pass computes it again.
/// </summary>
/// <remarks>
/// libtorch calls <see cref="Function.backward"/> from native code, through which no exception may pass: it would end the process.
/// One that a segment throws while it is computed again is kept, its gradients become NaN, and
/// <see cref="ThrowIfFailed"/> throws it once the backward pass is over.
/// </remarks>
internal static class ActivationCheckpoint
{
    /// <summary>Part of a forward pass: a function of tensors and of <paramref name="Parameters"/> that touches no other graph.</summary>
    /// <param name="Compute">The function. It is called once forward and once backward, and must do the same both times.</param>
    /// <param name="Parameters">The weights that need gradients.</param>
    public sealed record Segment(Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> Compute, IReadOnlyList<Tensor> Parameters);

    [ThreadStatic]
    private static ExceptionDispatchInfo? _failure;

    /// <summary>Computes a segment.</summary>
    /// <returns>Its results, with a history that leads to the inputs and parameters.</returns>
    public static IReadOnlyList<Tensor> Run(Segment segment, IReadOnlyList<Tensor> inputs) =>
        Function.apply([segment, .. inputs, .. segment.Parameters]);

    /// <summary>To be called on the thread of a backward pass when that is over.</summary>
    /// <exception cref="Exception">What the first segment threw that could not be computed again; no gradient counts then.</exception>
    public static void ThrowIfFailed()
    {
        var failure = _failure;
        _failure = null;
        failure?.Throw();
    }

    private sealed class Function : autograd.MultiTensorFunction<Function>
    {
        /// <summary>
        /// What was handed to libtorch last, which takes its own reference only after <see cref="backward"/> has returned. Kept until
        /// the next call instead of to the end of the step, where all segments' gradients would add up.
        /// </summary>
        [ThreadStatic]
        private static List<Tensor>? _handedOver;

        public override string Name => nameof(ActivationCheckpoint);

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var segment = (Segment)vars[0];
            var inputs = vars[1..^segment.Parameters.Count].Cast<Tensor>().ToList();
            // TorchSharp makes zeros of a gradient that the loss did not need from tensors that a dispose scope may have freed by then.
            ctx.set_materialize_grads(false);
            ctx.save_data(nameof(Segment), segment);
            ctx.save_for_backward(inputs);
            return [.. segment.Compute(inputs)];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
        {
            try
            {
                foreach (var tensor in _handedOver ?? []) tensor.Dispose();
                _handedOver = null;
                var segment = (Segment)ctx.get_data(nameof(Segment));
                var gradients = Differentiate(segment, ctx.get_saved_variables(), grad_outputs);
                _handedOver = [.. gradients.Where(IsThere)];
                return gradients;
            }
            catch (Exception e)
            {
                _failure ??= ExceptionDispatchInfo.Capture(e);
                return NoNumbers((Segment)ctx.get_data(nameof(Segment)), ctx.get_saved_variables());
            }
            finally
            {
                foreach (var gradient in grad_outputs) gradient.Dispose();
            }
        }

        /// <summary>The gradients of a segment's arguments: none for the segment itself, then those of inputs and parameters.</summary>
        private static List<Tensor> Differentiate(Segment segment, List<Tensor> saved, List<Tensor> gradOutputs)
        {
            using var scope = NewDisposeScope();
            // Cut off from their own history: the gradients of this segment end at them.
            var inputs = saved.Select(x => x.requires_grad ? x.detach().requires_grad_() : x).ToList();
            using var recording = enable_grad();
            var outputs = segment.Compute(inputs);
            var followed = Enumerable.Range(0, outputs.Count).Where(i => outputs[i].requires_grad && IsThere(gradOutputs[i])).ToList();
            List<Tensor> wanted = [.. inputs.Where(x => x.requires_grad), .. segment.Parameters];
            var gradients = followed.Count == 0 || wanted.Count == 0
                ? [.. wanted.Select(_ => (Tensor)null!)]
                : autograd.grad(
                    [.. followed.Select(i => outputs[i])], wanted, [.. followed.Select(i => gradOutputs[i])], allow_unused: true);
            var next = 0;
            List<Tensor> result =
                [null!, .. inputs.Select(x => x.requires_grad ? gradients[next++] : null!), .. segment.Parameters.Select(_ => gradients[next++])];
            foreach (var gradient in result.Where(IsThere)) gradient.MoveToOuterDisposeScope();
            foreach (var input in saved) input.Dispose();
            return result;
        }

        /// <summary>Gradients that can't be mistaken for valid ones and cost no memory.</summary>
        private static List<Tensor> NoNumbers(Segment segment, List<Tensor> saved)
        {
            Tensor? Of(Tensor x) => x.requires_grad ? full(1, float.NaN, dtype: x.dtype, device: x.device).expand(x.shape) : null;
            return [null!, .. saved.Select(x => Of(x)!), .. segment.Parameters.Select(x => Of(x)!)];
        }

        private static bool IsThere(Tensor? gradient) => gradient is { IsInvalid: false };
    }
}
