namespace TorchSharp;

public static partial class torch
{
    /// <summary>How quotients are rounded.</summary>
    public enum RoundingMode
    {
        /// <summary>None.</summary>
        None = 0,

        /// <summary>trunc.</summary>
        trunc = 1,

        /// <summary>floor.</summary>
        floor = 2,
    }
}
