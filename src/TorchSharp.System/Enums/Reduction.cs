namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>How the losses of elements become one.</summary>
        public enum Reduction
        {
            /// <summary>None.</summary>
            None = 0,

            /// <summary>Mean.</summary>
            Mean = 1,

            /// <summary>Sum.</summary>
            Sum = 2,
        }
    }
}
