namespace TorchSharp;

/// <summary>Storage layouts.</summary>
public enum layout
{
    /// <summary>strided.</summary>
    strided = 0,

    /// <summary>sparse_coo.</summary>
    sparse_coo = 1,
}
