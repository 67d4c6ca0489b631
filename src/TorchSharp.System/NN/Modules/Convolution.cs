using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>What convolutions have in common: weights, strides, padding.</summary>
    public abstract class Convolution : nn.Module<Tensor, Tensor>
    {
        /// <summary>The kernels: [out, in / groups, ...], or [in, out / groups, ...] where transposed.</summary>
        [ComponentName(Name = "weight")] protected Parameter _weight = null!;

        /// <summary>[out]; null where there is none.</summary>
        [ComponentName(Name = "bias")] protected Parameter? _bias;

        private protected Convolution(string name, long inputs, long outputs, long[] kernel, long[] stride, long[] padding, Padding? paddingType,
            long[] dilation, bool transposed, long[] outputPadding, long groups, bool hasBias, PaddingModes paddingMode, Device? device, ScalarType? dtype)
            : base(name)
        {
            if (paddingMode != PaddingModes.Zeros) throw new NotSupportedException($"A convolution that pads with {paddingMode} is not supported; pad before it.");
            in_channels = inputs;
            out_channels = outputs;
            kernel_size = kernel;
            this.stride = stride;
            this.padding = padding;
            padding_type = paddingType;
            this.dilation = dilation;
            this.transposed = transposed;
            output_padding = outputPadding;
            this.groups = groups;
            padding_mode = paddingMode;
            long[] shape = transposed ? [inputs, outputs / groups, .. kernel] : [outputs, inputs / groups, .. kernel];
            weight = empty(shape, dtype, device).AsParameter();
            if (hasBias) bias = empty(outputs, dtype, device).AsParameter();
            reset_parameters();
        }

        /// <summary>Initial weights as PyTorch's.</summary>
        public void reset_parameters()
        {
            nn.init.kaiming_uniform_(_weight, Math.Sqrt(5));
            if (_bias is not null) nn.init.BiasUniform_(_bias, _weight);
        }

        /// <summary>Channels of the input.</summary>
        public long in_channels { get; }

        /// <summary>Channels of the output.</summary>
        public long out_channels { get; }

        /// <summary>Extents of the kernel, by dimension.</summary>
        public long[] kernel_size { get; set; }

        /// <summary>Steps of the kernel, by dimension.</summary>
        public long[] stride { get; set; }

        /// <summary>Zeros around the input, by dimension.</summary>
        public long[] padding { get; private set; }

        /// <summary>The padding by name; null where it is by numbers.</summary>
        public Padding? padding_type { get; }

        /// <summary>Steps between elements of the kernel, by dimension.</summary>
        public long[] dilation { get; set; }

        /// <summary>Whether the convolution enlarges its input.</summary>
        public bool transposed { get; }

        /// <summary>What a transposed convolution adds to one side of its output, by dimension.</summary>
        public long[] output_padding { get; set; }

        /// <summary>Groups of channels that do not mix.</summary>
        public long groups { get; set; }

        /// <summary>What fills the border: zeros.</summary>
        public PaddingModes padding_mode { get; set; }

        /// <summary>The kernels: [out, in / groups, ...], or [in, out / groups, ...] where transposed.</summary>
        public Parameter weight
        {
            get => _weight;
            set => ReplaceComponent("weight", ref _weight!, value);
        }

        /// <summary>[out]; null where there is none.</summary>
        public Parameter? bias
        {
            get => _bias;
            set => ReplaceComponent("bias", ref _bias, value);
        }
    }

    /// <summary>What transposed convolutions have in common.</summary>
    public abstract class ConvolutionTranspose : Convolution
    {
        private protected ConvolutionTranspose(string name, long inputs, long outputs, long[] kernel, long[] stride, long[] padding,
            long[] outputPadding, long[] dilation, long groups, bool hasBias, PaddingModes paddingMode, Device? device, ScalarType? dtype)
            : base(name, inputs, outputs, kernel, stride, padding, null, dilation, true, outputPadding, groups, hasBias, paddingMode, device, dtype)
        {
        }

        /// <inheritdoc/>
        public override Tensor forward(Tensor input) => forward(input, null);

        /// <summary>The result for an input, of a size that the strides leave open.</summary>
        public abstract Tensor forward(Tensor input, long[]? output_size);
    }
}
