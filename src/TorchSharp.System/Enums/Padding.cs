namespace TorchSharp;

/// <summary>Paddings of a convolution given by name.</summary>
public enum Padding
{
    /// <summary>No padding.</summary>
    Valid = 0,

    /// <summary>The output has the size of the input.</summary>
    Same = 1,
}
