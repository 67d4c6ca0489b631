namespace TorchSharp;

/// <summary>Orders of elements in memory.</summary>
public enum memory_format
{
    /// <summary>preserve_format.</summary>
    preserve_format = 0,

    /// <summary>contiguous_format.</summary>
    contiguous_format = 1,

    /// <summary>channels_last.</summary>
    channels_last = 2,
}
