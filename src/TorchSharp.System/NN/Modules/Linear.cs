using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>x·Wᵀ + b: [..., in_features] to [..., out_features].</summary>
    public sealed class Linear : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "weight")] private Parameter _weight = null!;
        [ComponentName(Name = "bias")] private Parameter? _bias;

        internal Linear(Parameter weight, Parameter? bias) : base(nameof(Linear))
        {
            in_features = weight.size(1);
            out_features = weight.size(0);
            this.weight = weight;
            if (bias is not null) this.bias = bias;
        }

        internal Linear(long inputs, long outputs, bool hasBias, Device? device, ScalarType? dtype)
            : this(empty(outputs, inputs, dtype, device).AsParameter(), hasBias ? empty(outputs, dtype, device).AsParameter() : null)
        {
            nn.init.kaiming_uniform_(weight, Math.Sqrt(5));
            if (hasBias) nn.init.BiasUniform_(bias!, weight);
        }

        /// <summary>The extent of the last dimension of inputs.</summary>
        public long in_features { get; set; }

        /// <summary>The extent of the last dimension of outputs.</summary>
        public long out_features { get; set; }

        /// <summary>[out_features, in_features].</summary>
        public Parameter weight
        {
            get => _weight;
            set => ReplaceComponent("weight", ref _weight!, value);
        }

        /// <summary>[out_features]; null where there is none.</summary>
        public Parameter? bias
        {
            get => _bias;
            set => ReplaceComponent("bias", ref _bias, value);
        }

        /// <inheritdoc/>
        public override Tensor forward(Tensor tensor) => nn.functional.linear(tensor, _weight, _bias);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>x·Wᵀ + b with initial weights as PyTorch's.</summary>
            public static Modules.Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, outputSize, hasBias, device, dtype);

            /// <summary>x·Wᵀ + b with given weights.</summary>
            public static Modules.Linear Linear(Modules.Parameter weight, Modules.Parameter? bias = null) => new(weight, bias);
        }
    }
}
