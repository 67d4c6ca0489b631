using Sam2.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>
/// A model that shares the weights of another and has gradients of its own, so that several batches can be computed at the same
/// time and their gradients added in a fixed order.
/// </summary>
internal static class ModelReplica
{
    /// <summary>Makes a replica, which sees every change of the weights that is made in place.</summary>
    /// <param name="model">The model, with its final type and device.</param>
    /// <returns>The replica; the caller disposes it.</returns>
    public static Sam2Model Of(Sam2Model model)
    {
        // Not in the scope below, at whose end its weights would be freed.
        var replica = new Sam2Model(model.Config, model.Parts);
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        replica.to(model.Device, model.Precision);
        var weights = model.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var (name, parameter) in replica.named_parameters())
        {
            parameter.set_(weights[name]);
            parameter.requires_grad = weights[name].requires_grad;
        }
        var buffers = model.named_buffers().ToDictionary(b => b.name, b => b.buffer);
        foreach (var (name, buffer) in replica.named_buffers()) buffer.set_(buffers[name]);
        replica.train(model.training);
        return replica;
    }
}
