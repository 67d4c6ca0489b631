using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>In training mode, sets elements to zero at random and scales the others up.</summary>
    public sealed class Dropout : ParameterLessModule<Tensor, Tensor>
    {
        internal Dropout(double p, bool inplace) : base(nameof(Dropout))
        {
            this.p = p;
            this.inplace = inplace;
        }

        /// <summary>The probability of zero.</summary>
        public double p { get; set; }

        /// <summary>Whether the input is overwritten.</summary>
        public bool inplace { get; set; }

        /// <inheritdoc/>
        public override Tensor forward(Tensor tensor) => nn.functional.dropout(tensor, p, training, inplace);
    }

    /// <summary>The input, as a second object on the same memory.</summary>
    public sealed class Identity : ParameterLessModule<Tensor, Tensor>
    {
        internal Identity() : base(nameof(Identity))
        {
        }

        /// <inheritdoc/>
        public override Tensor forward(Tensor tensor) => tensor.alias();
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Sets elements to zero at random, in training mode.</summary>
            public static Modules.Dropout Dropout(double p = 0.5, bool inplace = false) => new(p, inplace);

            /// <summary>The input unchanged.</summary>
            public static Modules.Identity Identity() => new();
        }
    }
}
