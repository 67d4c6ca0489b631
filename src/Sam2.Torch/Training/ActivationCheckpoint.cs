using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>
/// Activation checkpointing (Chen et al., "Training deep nets with sublinear memory cost", 2016): a segment of the forward pass
/// keeps nothing but its inputs, and the backward pass computes it again.
/// </summary>
internal static class ActivationCheckpoint
{
    /// <summary>Part of a forward pass: a function of tensors and of <paramref name="Parameters"/> that touches no other graph.</summary>
    /// <param name="Compute">The function. It is called once forward and once backward, and must do the same both times.</param>
    /// <param name="Parameters">The weights that need gradients.</param>
    public sealed record Segment(Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> Compute, IReadOnlyList<Tensor> Parameters);

    /// <summary>Computes a segment.</summary>
    /// <returns>Its results, with a history that leads to the inputs and parameters.</returns>
    public static IReadOnlyList<Tensor> Run(Segment segment, IReadOnlyList<Tensor> inputs) =>
        Function.apply([segment, .. inputs, .. segment.Parameters]);

    private sealed class Function : autograd.MultiTensorFunction<Function>
    {
        public override string Name => nameof(ActivationCheckpoint);

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var segment = (Segment)vars[0];
            var tensors = vars.Skip(1).Cast<Tensor>().ToList();
            ctx.save_data(nameof(Segment), segment);
            ctx.save_for_backward(tensors);
            return [.. segment.Compute(tensors[..^segment.Parameters.Count])];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
        {
            using var scope = NewDisposeScope();
            var segment = (Segment)ctx.get_data(nameof(Segment));
            var saved = ctx.get_saved_variables();
            var parameters = segment.Parameters;
            // Cut off from their own history: the gradients of this segment end at them.
            var inputs = saved[..^parameters.Count].Select(x => x.requires_grad ? x.detach().requires_grad_() : x).ToList();
            using var recording = enable_grad();
            var outputs = segment.Compute(inputs);
            var followed = Enumerable.Range(0, outputs.Count).Where(i => outputs[i].requires_grad && IsThere(grad_outputs[i])).ToList();
            List<Tensor> wanted = [.. inputs.Where(x => x.requires_grad), .. parameters];
            var gradients = autograd.grad(
                [.. followed.Select(i => outputs[i])], wanted, [.. followed.Select(i => grad_outputs[i])], allow_unused: true);
            var next = 0;
            // One for each argument: none for the segment itself.
            List<Tensor> result = [null!, .. inputs.Select(x => x.requires_grad ? gradients[next++] : null!), .. parameters.Select(_ => gradients[next++])];
            foreach (var gradient in result.Where(IsThere)) gradient.MoveToOuterDisposeScope();
            return result;
        }

        private static bool IsThere(Tensor? gradient) => gradient is { IsInvalid: false };
    }
}
