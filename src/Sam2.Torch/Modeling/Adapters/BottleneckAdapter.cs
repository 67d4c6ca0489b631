using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling.Adapters;

/// <summary>Where a bottleneck adapter stands.</summary>
public enum BottleneckPlacement
{
    /// <summary>Beside the module: it takes the module's input (AdaptFormer, arXiv 2205.13535).</summary>
    Parallel,

    /// <summary>Behind the module: it takes the module's result (Houlsby et al., arXiv 1902.00751).</summary>
    Sequential,
}

/// <summary>How modules are adapted by bottlenecks.</summary>
public sealed record BottleneckSettings
{
    /// <summary>Channels of the bottleneck, at least 1.</summary>
    public int Width { get; init; } = 32;

    /// <summary>Where the adapters stand.</summary>
    public BottleneckPlacement Placement { get; init; } = BottleneckPlacement.Parallel;

    /// <summary>The factor of what an adapter adds.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>
    /// Patterns of the names of the modules (<see cref="ModelAdapters"/>): linear layers, or <see cref="Mlp"/>s, which are the default. Behind
    /// attention they belong to its last layer, such as <c>*.attn.proj</c>.
    /// </summary>
    public IReadOnlyList<string> Modules { get; init; } = ["*.mlp"];

    /// <exception cref="ArgumentException">A number is out of range.</exception>
    internal void Validate()
    {
        if (Width < 1) throw new ArgumentException($"adapter.width is {Width}; it must be at least 1.");
        if (!double.IsFinite(Scale)) throw new ArgumentException($"adapter.scale is {Scale}; it must be a number.");
    }
}

/// <summary>
/// A bottleneck beside or behind a module: what the module gives, plus <c>scale · up(relu(down(x)))</c>. The module keeps its place and its
/// name, and gets the parameters of two linear layers, <c>adapter_down</c> and <c>adapter_up</c>. The latter begins as zero, so nothing changes
/// until it is trained. It is no linear map, so unlike <see cref="LoraLinear"/> it stays a part of the model.
/// </summary>
public sealed class BottleneckAdapter
{
    internal const string Down = "adapter_down", Up = "adapter_up";

    /// <summary>Adds an adapter to a module, whose own weights stay as trainable as they are.</summary>
    /// <param name="module">A linear layer or an <see cref="Mlp"/>; it owns the new parameters.</param>
    /// <param name="settings">Width, place and factor.</param>
    /// <param name="name">The module's name in its model, for messages.</param>
    /// <exception cref="ArgumentException">It is another kind of module or has an adapter already, or a setting is out of range.</exception>
    public BottleneckAdapter(nn.Module<Tensor, Tensor> module, BottleneckSettings settings, string name = "")
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        var (first, last) = Weights(module) ?? throw new ArgumentException($"{name} is a {module.GetType().Name}; bottlenecks belong to linear layers and MLPs.", nameof(module));
        if (module.named_children().Any(child => child.name == Down))
            throw new ArgumentException($"{name} has an adapter already.", nameof(module));
        (Name, Settings) = (name, settings);
        var (input, output) = (first.size(1), last.size(0));
        var down = new LinearLayer(settings.Placement == BottleneckPlacement.Parallel ? input : output, settings.Width);
        var up = new LinearLayer(settings.Width, output);
        using (no_grad())
            foreach (var parameter in up.parameters()) parameter.zero_();
        foreach (var part in new[] { down, up }) part.to(first.device, first.dtype);
        module.register_module(Down, down);
        module.register_module(Up, up);
        module.register_forward_hook((_, x, y) => Adapted(down, up, x, y));
    }

    /// <summary>The module's name in its model.</summary>
    public string Name { get; }

    /// <summary>Width, place and factor.</summary>
    public BottleneckSettings Settings { get; }

    /// <summary>Whether a module can have a bottleneck.</summary>
    internal static bool Fits(nn.Module module) => Weights(module) is not null;

    /// <summary>The first and the last weight of a linear layer or an MLP, which tell its channels; null for another module.</summary>
    private static (Parameter First, Parameter Last)? Weights(nn.Module module) => module switch
    {
        Mlp => (module.parameters().First(p => p.dim() == 2), module.parameters().Last(p => p.dim() == 2)),
        _ => LoraLinear.WeightOf(module) is { } weight ? (weight, weight) : null,
    };

    private Tensor Adapted(LinearLayer down, LinearLayer up, Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var narrow = F.relu(down.call(Settings.Placement == BottleneckPlacement.Parallel ? x : y));
        return y.Plus(up.call(narrow).Times(Settings.Scale)).MoveToOuterDisposeScope();
    }
}
