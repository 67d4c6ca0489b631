using Sam2.Torch.Configuration;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Sam2.Torch.Modeling;

/// <summary>Mixes image features and mask features with ConvNeXt blocks (sam2/modeling/memory_encoder.py, <c>Fuser</c>).</summary>
public sealed class Fuser : Module<Tensor, Tensor>
{
    private readonly Conv2d? proj;
    private readonly ModuleList<CXBlock> layers;

    /// <summary>Creates the module with freshly initialised weights.</summary>
    /// <exception cref="ArgumentException">An input projection is asked for without its channels.</exception>
    public Fuser(FuserConfig config) : base(nameof(Fuser))
    {
        if (config.InputProjection)
        {
            long dim = config.Dim ?? throw new ArgumentException("The fuser's input projection needs Dim, its channels.", nameof(config));
            proj = Conv2d(dim, dim, 1);
        }

        layers = new ModuleList<CXBlock>(Enumerable.Range(0, config.NumLayers).Select(_ => new CXBlock(config.Layer)).ToArray());
        RegisterComponents();
    }

    /// <summary>Features [B, C, H, W] to features of the same shape.</summary>
    public override Tensor forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        var x = proj is null ? features.alias() : proj.call(features);
        foreach (var layer in layers) x = layer.call(x);
        return x.MoveToOuterDisposeScope();
    }
}
