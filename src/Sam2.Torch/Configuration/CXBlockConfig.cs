using Sam2.Torch.Modeling;

namespace Sam2.Torch.Configuration;

/// <summary>ConvNeXt block of the fuser (sam2/modeling/memory_encoder.py, <c>CXBlock</c>).</summary>
public sealed record CXBlockConfig
{
    /// <summary>Channels.</summary>
    public int Dim { get; init; } = 256;

    /// <summary>Kernel of the depth-wise convolution.</summary>
    public int KernelSize { get; init; } = 7;

    /// <summary>Padding of the depth-wise convolution.</summary>
    public int Padding { get; init; } = 3;

    /// <summary>Stochastic depth, in [0, 1). Training only.</summary>
    public double DropPath { get; init; }

    /// <summary>Initial value of the layer scale; no layer scale when 0.</summary>
    public double LayerScaleInitValue { get; init; } = 1e-6;

    /// <summary>Whether the convolution is depth-wise.</summary>
    public bool UseDwconv { get; init; } = true;
}
