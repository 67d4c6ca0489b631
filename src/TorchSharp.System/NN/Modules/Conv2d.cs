using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>A convolution of images: [B, C, H, W] to [B, C', H', W'].</summary>
    public sealed class Conv2d : Convolution
    {
        internal Conv2d(long inputs, long outputs, (long, long) kernel, (long, long) stride, (long, long) padding, Padding? paddingType,
            (long, long) dilation, PaddingModes paddingMode, long groups, bool bias, Device? device, ScalarType? dtype)
            : base(nameof(Conv2d), inputs, outputs, [kernel.Item1, kernel.Item2], [stride.Item1, stride.Item2], [padding.Item1, padding.Item2], paddingType,
                [dilation.Item1, dilation.Item2], false, [0, 0], groups, bias, paddingMode, device, dtype)
        {
        }

        /// <inheritdoc/>
        public override Tensor forward(Tensor input) => padding_type is { } named
            ? nn.functional.conv2d_padding(input, _weight, _bias, stride, named, dilation, groups)
            : nn.functional.conv2d(input, _weight, _bias, stride, padding, dilation, groups);
    }

    /// <summary>A transposed convolution of images: [B, C, H, W] to [B, C', H', W'].</summary>
    public sealed class ConvTranspose2d : ConvolutionTranspose
    {
        internal ConvTranspose2d(long inputs, long outputs, (long, long) kernel, (long, long) stride, (long, long) padding, (long, long) outputPadding,
            (long, long) dilation, PaddingModes paddingMode, long groups, bool bias, Device? device, ScalarType? dtype)
            : base(nameof(ConvTranspose2d), inputs, outputs, [kernel.Item1, kernel.Item2], [stride.Item1, stride.Item2], [padding.Item1, padding.Item2],
                [outputPadding.Item1, outputPadding.Item2], [dilation.Item1, dilation.Item2], groups, bias, paddingMode, device, dtype)
        {
        }

        /// <inheritdoc/>
        public override Tensor forward(Tensor input, long[]? output_size) =>
            nn.functional.conv_transpose2d(input, _weight, _bias, stride, padding, OutputPadding(input, output_size), dilation, groups);

        private long[] OutputPadding(Tensor input, long[]? size)
        {
            if (size is null) return output_padding;
            long Missing(int i) => size[^(2 - i)] - ((input.size(i - 2) - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel_size[i] - 1) + 1);
            return [Missing(0), Missing(1)];
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>A convolution of images with initial weights as PyTorch's.</summary>
            public static Modules.Conv2d Conv2d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, (kernel_size, kernel_size), (stride, stride), (padding, padding), null, (dilation, dilation), padding_mode, groups, bias, device, dtype);

            /// <summary>A convolution of images with initial weights as PyTorch's.</summary>
            public static Modules.Conv2d Conv2d(long in_channels, long out_channels, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride ?? (1, 1), padding ?? (0, 0), null, dilation ?? (1, 1), padding_mode, groups, bias, device, dtype);

            /// <summary>A convolution of images, padded by name.</summary>
            public static Modules.Conv2d Conv2d(long in_channels, long out_channels, long kernel_size, Padding padding, long stride = 1, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, (kernel_size, kernel_size), (stride, stride), (0, 0), padding, (dilation, dilation), padding_mode, groups, bias, device, dtype);

            /// <summary>A convolution of images, padded by name.</summary>
            public static Modules.Conv2d Conv2d(long in_channels, long out_channels, (long, long) kernel_size, Padding padding, (long, long)? stride = null, (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride ?? (1, 1), (0, 0), padding, dilation ?? (1, 1), padding_mode, groups, bias, device, dtype);

            /// <summary>A transposed convolution of images with initial weights as PyTorch's.</summary>
            public static Modules.ConvTranspose2d ConvTranspose2d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long output_padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, (kernel_size, kernel_size), (stride, stride), (padding, padding), (output_padding, output_padding), (dilation, dilation), padding_mode, groups, bias, device, dtype);

            /// <summary>A transposed convolution of images with initial weights as PyTorch's.</summary>
            public static Modules.ConvTranspose2d ConvTranspose2d(long in_channels, long out_channels, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, (long, long)? output_padding = null, (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride ?? (1, 1), padding ?? (0, 0), output_padding ?? (0, 0), dilation ?? (1, 1), padding_mode, groups, bias, device, dtype);
        }
    }
}
