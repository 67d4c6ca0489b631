namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Initial values of parameters, in place and unrecorded.</summary>
        public static partial class init
        {
            private static Tensor Unrecorded(Tensor tensor, Action<Tensor> fill)
            {
                using IDisposable mode = no_grad();
                fill(tensor);
                return tensor;
            }

            /// <summary>Ones.</summary>
            public static Tensor ones_(Tensor tensor) => constant_(tensor, 1);

            /// <summary>Zeros.</summary>
            public static Tensor zeros_(Tensor tensor) => constant_(tensor, 0);

            /// <summary>One value.</summary>
            public static Tensor constant_(Tensor tensor, Scalar val) => Unrecorded(tensor, t => t.fill_(val));

            /// <summary>Uniform random numbers.</summary>
            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator generator = null!) =>
                Unrecorded(tensor, t => t.uniform_(low, high, generator));

            /// <summary>Normal random numbers.</summary>
            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator generator = null!) =>
                Unrecorded(tensor, t => t.normal_(mean, std, generator));

            /// <summary>Uniform numbers that keep the variance of signals and gradients (Glorot).</summary>
            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1)
            {
                double bound = Math.Sqrt(3) * XavierStd(tensor, gain);
                return uniform_(tensor, -bound, bound);
            }

            /// <summary>Normal numbers that keep the variance of signals and gradients (Glorot).</summary>
            public static Tensor xavier_normal_(Tensor tensor, double gain = 1) => normal_(tensor, 0, XavierStd(tensor, gain));

            private static double XavierStd(Tensor tensor, double gain)
            {
                (long fanIn, long fanOut) = CalculateFanInAndFanOut(tensor);
                return gain * Math.Sqrt(2.0 / (fanIn + fanOut));
            }

            /// <summary>Uniform numbers that keep the variance of signals, or of gradients (He).</summary>
            public static Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU)
            {
                double bound = Math.Sqrt(3) * KaimingStd(tensor, a, mode, nonlinearity);
                return uniform_(tensor, -bound, bound);
            }

            /// <summary>Normal numbers that keep the variance of signals, or of gradients (He).</summary>
            public static Tensor kaiming_normal_(Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU) =>
                normal_(tensor, 0, KaimingStd(tensor, a, mode, nonlinearity));

            private static double KaimingStd(Tensor tensor, double a, FanInOut mode, NonlinearityType nonlinearity)
            {
                (long fanIn, long fanOut) = CalculateFanInAndFanOut(tensor);
                return calculate_gain(nonlinearity, a) / Math.Sqrt(mode == FanInOut.FanIn ? fanIn : fanOut);
            }

            /// <summary>The factor that makes up for what a nonlinearity takes from the variance.</summary>
            public static double calculate_gain(NonlinearityType nonlinearity, double param = 0) => nonlinearity switch
            {
                NonlinearityType.Tanh => 5.0 / 3,
                NonlinearityType.ReLU => Math.Sqrt(2),
                NonlinearityType.LeakyReLU => Math.Sqrt(2 / (1 + param * param)),
                _ => 1,
            };

            /// <summary>How many inputs an output has, and how many outputs an input.</summary>
            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                long[] shape = tensor.shape;
                if (shape.Length < 2) throw new ArgumentException("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions");
                long receptive = shape.Skip(2).Aggregate(1L, (product, extent) => product * extent);
                return (shape[1] * receptive, shape[0] * receptive);
            }

            /// <summary>What PyTorch's linear layers and convolutions give their bias.</summary>
            internal static void BiasUniform_(Tensor bias, Tensor weight)
            {
                (long fanIn, _) = CalculateFanInAndFanOut(weight);
                double bound = fanIn > 0 ? 1 / Math.Sqrt(fanIn) : 0;
                uniform_(bias, -bound, bound);
            }
        }
    }
}
