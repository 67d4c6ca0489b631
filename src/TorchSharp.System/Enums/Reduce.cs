namespace TorchSharp;

/// <summary>How values that meet are combined.</summary>
public enum Reduce
{
    /// <summary>prod.</summary>
    prod = 0,

    /// <summary>mean.</summary>
    mean = 1,

    /// <summary>amax.</summary>
    amax = 2,

    /// <summary>amin.</summary>
    amin = 3,
}
