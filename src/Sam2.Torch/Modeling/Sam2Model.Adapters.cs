using Sam2.Torch.Modeling.Adapters;

namespace Sam2.Torch.Modeling;

public sealed partial class Sam2Model
{
    /// <summary>Low-rank updates of the model's layers; empty without <see cref="Sam2Parts.Adapters"/>.</summary>
    public IReadOnlyList<LoraLinear> LoraLayers { get; private set; } = [];

    /// <summary>Bottleneck adapters of the model's modules; empty without <see cref="Sam2Parts.Adapters"/>.</summary>
    public IReadOnlyList<BottleneckAdapter> BottleneckAdapters { get; private set; } = [];

    /// <summary>
    /// Adds adapters, after which the model computes the same until they are trained. They belong to <see cref="Parts"/> from now on, so a model that is built
    /// with these has the same ones.
    /// </summary>
    /// <param name="adapters">The adapters.</param>
    /// <exception cref="ArgumentException">A pattern fits no module, or a setting is out of range; the model is unchanged.</exception>
    /// <exception cref="InvalidOperationException">The model has adapters already.</exception>
    public void Attach(ModelAdapters adapters)
    {
        ArgumentNullException.ThrowIfNull(adapters);
        if (LoraLayers.Count + BottleneckAdapters.Count > 0)
            throw new InvalidOperationException("The model has adapters already.");
        (LoraLayers, BottleneckAdapters) = adapters.AttachTo(this);
        Parts = Parts with { Adapters = adapters };
    }

    /// <summary>Makes all low-rank updates parts of the weights (<see cref="LoraLinear.Merge"/>).</summary>
    public void MergeLora()
    {
        foreach (var layer in LoraLayers) layer.Merge();
    }

    /// <summary>Takes all low-rank updates out of the weights again (<see cref="LoraLinear.Unmerge"/>).</summary>
    public void UnmergeLora()
    {
        foreach (var layer in LoraLayers) layer.Unmerge();
    }
}
