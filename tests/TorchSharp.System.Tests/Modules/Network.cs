using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.Modules;

/// <summary>A small module with everything that can be registered: parameters, buffers, submodules, lists and nulls.</summary>
internal sealed class Network : Module<Tensor, Tensor>
{
    public readonly Parameter scale = Parameter(torch.ones(3));
    public readonly Linear first = Linear(3, 4);
    public readonly ModuleList<Module<Tensor, Tensor>> blocks = ModuleList<Module<Tensor, Tensor>>(Linear(4, 4), ReLU(), Linear(4, 2, hasBias: false));
    public readonly Sequential? head;
    public readonly Linear? absent = null;

    public Network(bool withHead = false) : base("Network")
    {
        if (withHead)
            head = Sequential(("norm", LayerNorm(2)), ("out", Linear(2, 1)));
        register_buffer("mean", torch.tensor(new float[] { 1, 2, 3 }));
        register_buffer("cache", torch.zeros(2), persistent: false);
        RegisterComponents();
    }

    public Tensor Mean => get_buffer("mean")!;

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var y = first.call((x - Mean) * scale);
        foreach (var block in blocks)
            y = block.call(y);
        return (head is null ? y : head.call(y)).MoveToOuterDisposeScope();
    }
}
