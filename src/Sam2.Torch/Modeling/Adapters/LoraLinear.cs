using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling.Adapters;

/// <summary>How linear layers are adapted by low-rank updates (LoRA, arXiv 2106.09685).</summary>
public sealed record LoraSettings
{
    /// <summary>r, the number of rows of A and of columns of B, at least 1.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>α: the update counts α/r.</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>The probability that a channel of the update's input is dropped in training, in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>
    /// Patterns of the names of the layers (<see cref="ModelAdapters"/>). The default are the queries and values of all attention, as in the
    /// paper; those of the image encoder are one layer with its keys.
    /// </summary>
    public IReadOnlyList<string> Modules { get; init; } = ["*.q_proj|v_proj", "image_encoder.trunk.blocks.*.attn.qkv"];

    /// <summary>The factor of the update, α/r.</summary>
    public double Scaling => Alpha / Rank;

    /// <exception cref="ArgumentException">A number is out of range.</exception>
    internal void Validate()
    {
        if (Rank < 1) throw new ArgumentException($"lora.rank is {Rank}; it must be at least 1.");
        if (!double.IsFinite(Alpha)) throw new ArgumentException($"lora.alpha is {Alpha}; it must be a number.");
        if (Dropout is not (>= 0 and < 1)) throw new ArgumentException($"lora.dropout is {Dropout}; it must be in [0, 1).");
    }
}

/// <summary>
/// A linear layer with a low-rank update (LoRA, arXiv 2106.09685): <c>x Wᵀ + b + α/r · x Aᵀ Bᵀ</c>, where W and b are frozen. It wraps a layer of
/// a model, which keeps its place and its name, and which gets the parameters <c>lora_A.weight</c> <c>[r, K]</c> and <c>lora_B.weight</c>
/// <c>[N, r]</c>, named as PEFT saves them. B begins as zero, so nothing changes until it is trained.
/// </summary>
/// <remarks>
/// A forward hook adds the update, so that computations that would take the layer's weights past it are done in their written order
/// (docs/extending.md). A merged layer has no hook, and is as fast as before.
/// </remarks>
public sealed class LoraLinear
{
    internal const string A = "lora_A", B = "lora_B";

    private readonly nn.Module<Tensor, Tensor> _layer;
    private readonly LoraMatrix _a;
    private readonly LoraMatrix _b;
    private Action? _removeHook;

    /// <summary>Wraps a layer, and freezes its weights.</summary>
    /// <param name="layer">A <see cref="LinearLayer"/> or <see cref="Linear"/>; it owns the new parameters.</param>
    /// <param name="settings">Rank, α and dropout.</param>
    /// <param name="name">The layer's name in its model, for messages.</param>
    /// <exception cref="ArgumentException">It is another kind of module or is wrapped already, or a setting is out of range.</exception>
    public LoraLinear(nn.Module<Tensor, Tensor> layer, LoraSettings settings, string name = "")
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        var weight = WeightOf(layer) ?? throw new ArgumentException($"{name} is a {layer.GetType().Name}; only linear layers have low-rank updates.", nameof(layer));
        if (layer.named_children().Any(child => child.name == A))
            throw new ArgumentException($"{name} has a low-rank update already.", nameof(layer));
        (Name, Settings, _layer) = (name, settings, layer);
        foreach (var parameter in layer.parameters()) parameter.requires_grad = false;
        var (a, b) = (empty(settings.Rank, weight.size(1)), zeros(weight.size(0), settings.Rank));
        // As PyTorch initialises a linear layer, which PEFT does too.
        nn.init.kaiming_uniform_(a, a: Math.Sqrt(5));
        (_a, _b) = (new LoraMatrix(a.to(weight.dtype).to(weight.device)), new LoraMatrix(b.to(weight.dtype).to(weight.device)));
        layer.register_module(A, _a);
        layer.register_module(B, _b);
        AddHook();
    }

    /// <summary>The layer's name in its model.</summary>
    public string Name { get; }

    /// <summary>Rank, α and dropout.</summary>
    public LoraSettings Settings { get; }

    /// <summary>The layer that is wrapped.</summary>
    public nn.Module<Tensor, Tensor> Layer => _layer;

    /// <summary>A, <c>[r, K]</c>.</summary>
    public Parameter MatrixA => _a.Weight;

    /// <summary>B, <c>[N, r]</c>.</summary>
    public Parameter MatrixB => _b.Weight;

    /// <summary>Whether the update is a part of the layer's weight at the moment.</summary>
    public bool IsMerged => _removeHook is null;

    /// <summary>Adds the update to the layer's weight, computed in float32 and rounded once. Does nothing if that has been done.</summary>
    public void Merge()
    {
        if (IsMerged) return;
        AddToWeight(Settings.Scaling);
        _removeHook!();
        _removeHook = null;
    }

    /// <summary>Takes the update out of the layer's weight, which is then what it was before but for rounding. Does nothing if it isn't in it.</summary>
    public void Unmerge()
    {
        if (!IsMerged) return;
        AddToWeight(-Settings.Scaling);
        AddHook();
    }

    /// <summary>The weight of a linear layer; null for another module.</summary>
    internal static Parameter? WeightOf(nn.Module module) => module switch
    {
        LinearLayer layer => layer.Weight,
        Linear linear => linear.weight,
        _ => null,
    };

    /// <summary>W + scaling · B A, in W's type.</summary>
    internal static Tensor Sum(Tensor weight, Tensor a, Tensor b, double scaling)
    {
        using var scope = NewDisposeScope();
        var update = b.to(float32).matmul(a.to(float32)).Times(scaling);
        return weight.to(float32).Plus(update).to(weight.dtype).MoveToOuterDisposeScope();
    }

    private void AddToWeight(double scaling)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var weight = WeightOf(_layer)!;
        weight.copy_(Sum(weight, MatrixA, MatrixB, scaling));
    }

    private void AddHook()
    {
        var hook = _layer.register_forward_hook((_, x, y) => WithUpdate(x, y));
        _removeHook = hook.remove;
    }

    private Tensor WithUpdate(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        if (_layer.training && Settings.Dropout > 0) x = DropoutLayer.Drop(x, Settings.Dropout);
        var update = nn.functional.linear(nn.functional.linear(x, MatrixA), MatrixB);
        return y.Plus(update.Times(Settings.Scaling)).MoveToOuterDisposeScope();
    }

    /// <summary>One of the two matrices, as a module of its own, which gives it PEFT's name.</summary>
    private sealed class LoraMatrix : nn.Module
    {
        private readonly Parameter weight;

        public LoraMatrix(Tensor values) : base(nameof(LoraMatrix))
        {
            weight = nn.Parameter(values);
            RegisterComponents();
        }

        public Parameter Weight => weight;
    }
}
