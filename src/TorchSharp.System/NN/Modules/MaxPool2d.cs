using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>The greatest value of each window: [B, C, H, W] to [B, C, H', W'].</summary>
    public sealed class MaxPool2d : ParameterLessModule<Tensor, Tensor>
    {
        internal MaxPool2d(long[] kernel, long[]? stride, long[]? padding, long[]? dilation, bool ceil) : base(nameof(MaxPool2d))
        {
            kernel_size = kernel;
            this.stride = stride ?? kernel;
            this.padding = padding ?? [0, 0];
            this.dilation = dilation ?? [1, 1];
            ceil_mode = ceil;
        }

        /// <summary>Extents of the window.</summary>
        public long[] kernel_size { get; set; }

        /// <summary>Steps of the window.</summary>
        public long[] stride { get; set; }

        /// <summary>Rows and columns of minus infinity around the input.</summary>
        public long[] padding { get; set; }

        /// <summary>Steps between the window's elements.</summary>
        public long[] dilation { get; set; }

        /// <summary>Whether windows that reach over the border count.</summary>
        public bool ceil_mode { get; set; }

        /// <inheritdoc/>
        public override Tensor forward(Tensor input) => nn.functional.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            private static long[]? Pair(long? value) => value is { } v ? [v, v] : null;

            private static long[]? Pair((long, long)? value) => value is { } v ? [v.Item1, v.Item2] : null;

            /// <summary>The greatest value of each window.</summary>
            public static Modules.MaxPool2d MaxPool2d(long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) =>
                new([kernel_size, kernel_size], Pair(stride), Pair(padding), Pair(dilation), ceil_mode);

            /// <summary>The greatest value of each window.</summary>
            public static Modules.MaxPool2d MaxPool2d((long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, (long, long)? dilation = null, bool ceil_mode = false) =>
                new([kernel_size.Item1, kernel_size.Item2], Pair(stride), Pair(padding), Pair(dilation), ceil_mode);

            /// <summary>The greatest value of each window.</summary>
            public static Modules.MaxPool2d MaxPool2d(long[] kernel_size, long[] stride = null!, long[] padding = null!, long[] dilation = null!, bool ceil_mode = false) =>
                new(kernel_size, stride, padding, dilation, ceil_mode);
        }
    }
}
