namespace TorchSharp;

public static partial class torch
{
    /// <summary>What grid_sample finds outside of the input.</summary>
    public enum GridSamplePaddingMode
    {
        /// <summary>Zeros.</summary>
        Zeros = 0,

        /// <summary>Reflection.</summary>
        Reflection = 1,

        /// <summary>Border.</summary>
        Border = 2,
    }
}
