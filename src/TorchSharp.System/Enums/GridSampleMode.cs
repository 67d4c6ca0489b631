namespace TorchSharp;

public static partial class torch
{
    /// <summary>How grid_sample finds values between samples.</summary>
    public enum GridSampleMode
    {
        /// <summary>Nearest.</summary>
        Nearest = 0,

        /// <summary>Bilinear.</summary>
        Bilinear = 2,
    }
}
