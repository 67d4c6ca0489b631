namespace TorchSharp;

/// <summary>What fills the border.</summary>
public enum PaddingModes
{
    /// <summary>Zeros.</summary>
    Zeros = 0,

    /// <summary>Reflect.</summary>
    Reflect = 1,

    /// <summary>Replicate.</summary>
    Replicate = 2,

    /// <summary>Circular.</summary>
    Circular = 3,

    /// <summary>Constant.</summary>
    Constant = 4,
}
